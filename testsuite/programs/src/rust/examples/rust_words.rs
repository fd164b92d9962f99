//! Words of a text, counted in a hash map and in an ordered one, sorted, formatted: strings, iterators, hashing as the standard library does it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::hash::BuildHasherDefault;

use programs::{mix, Random};

const SYLLABLES: [&str; 12] = [
    "ka", "to", "mi", "ren", "sul", "o", "vé", "bra", "ün", "shi", "lo", "ar",
];

fn text(random: &mut Random, words: u32) -> String {
    let mut text = String::new();
    for _ in 0..words {
        for _ in 0..1 + random.below(3) {
            text.push_str(SYLLABLES[random.below(12) as usize]);
        }
        text.push(if random.below(9) == 0 { '\n' } else { ' ' });
    }
    text
}

/// The words by how often they come, the most frequent first.
fn ranking(text: &str) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut ranking: Vec<_> = counts
        .into_iter()
        .map(|(word, count)| (word.to_uppercase(), count))
        .collect();
    ranking.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranking
}

/// Line numbers by word, as an index has them.
fn index(text: &str) -> BTreeMap<String, Vec<usize>> {
    let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        for word in line.split(' ').filter(|word| word.chars().count() > 4) {
            index.entry(word.to_owned()).or_default().push(number);
        }
    }
    index
}

/// The measured work.
#[export_name = "run"]
pub extern "C" fn run(n: u32) -> u32 {
    let mut random = Random(0x5eed);
    let mut sum = 0;
    for _ in 0..n {
        let text = text(&mut random, 600);
        let mut report = String::new();
        for (word, count) in ranking(&text).iter().take(50) {
            writeln!(report, "{word:>12} {count:5} {:.3}", *count as f64 / 600.0).ok();
        }
        for (word, lines) in index(&text).range("m".to_owned()..) {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            writeln!(report, "{word}: {}", lines.join(", ")).ok();
        }
        sum = report.bytes().fold(sum, |sum, byte| mix(sum, byte.into()));
    }
    sum
}
