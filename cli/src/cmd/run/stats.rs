//! The statistics of a run as text or JSON.

use serde_json::{Value, json};
use wrt_vm::Stats;

use super::StatsFormat;
use super::guest::End;
use crate::status::{Failure, Status};

/// The figures by name, in the order in which they are printed.
fn figures(stats: &Stats) -> [(&'static str, u64); 19] {
    [
        ("fuel_used", stats.fuel_used),
        ("fuel_granted", stats.fuel_granted),
        ("fuel_remaining", stats.fuel_remaining),
        ("pauses", stats.pauses),
        ("executions", stats.executions),
        ("host_calls", stats.host_calls),
        ("cross_calls", stats.cross_calls),
        ("traps", stats.traps),
        ("verified_funcs", stats.verified_funcs),
        ("grows", stats.grows),
        ("memory_bytes", stats.memory_bytes),
        ("peak_memory_bytes", stats.peak_memory_bytes),
        ("stack_slots", stats.stack_slots),
        ("peak_stack_slots", stats.peak_stack_slots),
        ("used_bytes", stats.used_bytes),
        ("peak_used_bytes", stats.peak_used_bytes),
        ("heap_objects", stats.heap_objects),
        ("heap_bytes", stats.heap_bytes),
        ("collections", stats.collections),
    ]
}

/// One word for how the run ended.
fn outcome(result: &Result<End, Failure>) -> &'static str {
    match result {
        Ok(End::Done) => "done",
        Ok(End::Exit(_)) => "exit",
        Err(failure) if failure.status == Status::Trap => "trap",
        Err(failure) if failure.status == Status::OutOfFuel => "out_of_fuel",
        Err(_) => "error",
    }
}

/// The report, with a line end.
pub(crate) fn report(
    format: StatsFormat,
    stats: &Stats,
    result: &Result<End, Failure>,
    status: u8,
) -> String {
    let figures = figures(stats);
    match format {
        StatsFormat::Text => {
            let mut text = format!("{:18} {}\n", "outcome", outcome(result));
            for (name, value) in figures {
                text.push_str(&format!("{name:18} {value}\n"));
            }
            text
        }
        StatsFormat::Json => {
            let mut object = json!({ "outcome": outcome(result), "status": status });
            if let Ok(End::Exit(code)) = result {
                object["exit_code"] = json!(code);
            }
            if let Err(failure) = result {
                object["message"] = json!(failure.message);
            }
            for (name, value) in figures {
                object[name] = Value::from(value);
            }
            format!("{object}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_how_it_ended() {
        let stats = Stats::default();
        let text = report(StatsFormat::Text, &stats, &Ok(End::Done), 0);
        assert!(
            text.starts_with("outcome            done\nfuel_used          0\n"),
            "{text}"
        );
        let json = report(StatsFormat::Json, &stats, &Ok(End::Exit(3)), 3);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["outcome"], &json["exit_code"]),
            (&json!("exit"), &json!(3))
        );
        let failure = Err(Failure::new(Status::Trap, "trap: unreachable"));
        let json = report(StatsFormat::Json, &stats, &failure, 248);
        assert!(json.contains(r#""message":"trap: unreachable""#), "{json}");
    }
}
