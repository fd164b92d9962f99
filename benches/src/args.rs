//! Command lines of the measurements: options with a number, and the rest.

/// Takes `name` and the number behind it out of the arguments.
///
/// # Errors
/// There is no positive number behind it.
pub(crate) fn number(args: &mut Vec<String>, name: &str, default: usize) -> Result<usize, String> {
    let Some(at) = args.iter().position(|arg| arg == name) else {
        return Ok(default);
    };
    let value = args.get(at + 1).and_then(|text| text.parse().ok());
    args.drain(at..args.len().min(at + 2));
    value
        .filter(|&value| value > 0)
        .ok_or_else(|| format!("{name} takes a positive number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_out() {
        let all = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut args = all("a --rounds 3 b");
        assert_eq!(number(&mut args, "--rounds", 9), Ok(3));
        assert_eq!(args, all("a b"));
        assert_eq!(number(&mut args, "--rounds", 9), Ok(9));
        for bad in ["--rounds", "--rounds x", "--rounds 0"] {
            assert!(number(&mut all(bad), "--rounds", 9).is_err(), "{bad}");
        }
    }
}
