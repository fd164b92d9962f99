//! The tree of calls as a drawing: a row for each depth, callers above callees, widths in proportion to fuel.
//!
//! Input: the tree and names. Output: SVG elements. Invariants: elements are as many as there is room to see, whatever the tree's size;
//! text of the guest's is escaped.

use core::fmt::Write as _;

use super::{Node, Profile};

/// Width of the drawing.
pub(super) const WIDTH: f64 = 1200.0;
/// Height of a row.
const ROW: f64 = 18.0;
/// Narrower boxes are left out.
const NARROWEST: f64 = 0.4;
/// Room that a character takes, about.
const CHARACTER: f64 = 6.6;

/// A box.
struct Place<'a> {
    node: &'a Node,
    left: f64,
    depth: usize,
}

/// An SVG element with all boxes.
pub(super) fn svg(profile: &Profile, name: &dyn Fn(u32) -> String) -> String {
    let total = profile.total().max(1) as f64;
    let mut boxes = String::new();
    let mut deepest = 0;
    let mut waiting: Vec<Place<'_>> = profile.nodes.first().map(root).into_iter().collect();
    while let Some(Place { node, left, depth }) = waiting.pop() {
        let width = WIDTH * node.fuel as f64 / total;
        if width < NARROWEST {
            continue;
        }
        deepest = deepest.max(depth);
        let label = match node.func {
            Some(func) => name(func),
            None if depth == 0 => "all".to_owned(),
            None => "(further out)".to_owned(),
        };
        draw(
            &mut boxes,
            &label,
            left,
            width,
            depth,
            node.fuel as f64 / total,
            node.fuel,
        );
        let mut left = left;
        for callee in node
            .callees
            .values()
            .filter_map(|&at| profile.nodes.get(at))
        {
            waiting.push(Place {
                node: callee,
                left,
                depth: depth + 1,
            });
            left += WIDTH * callee.fuel as f64 / total;
        }
    }
    let height = (deepest + 1) as f64 * ROW;
    format!(
        "<svg id=\"flame\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n{boxes}</svg>\n"
    )
}

fn root(node: &Node) -> Place<'_> {
    Place {
        node,
        left: 0.0,
        depth: 0,
    }
}

fn draw(out: &mut String, label: &str, left: f64, width: f64, depth: usize, share: f64, fuel: u64) {
    let (top, percent) = (depth as f64 * ROW, 100.0 * share);
    let room = (width / CHARACTER) as usize;
    let shown: String = match label.chars().count() {
        _ if room < 3 => String::new(),
        count if count <= room => label.to_owned(),
        _ => label.chars().take(room - 1).chain(['…']).collect(),
    };
    // Formatting into a string does not fail.
    let _ = writeln!(
        out,
        "<g data-x=\"{left:.3}\" data-w=\"{width:.3}\" data-n=\"{name}\"><title>{name}: {percent:.2} % of the fuel ({fuel})</title>\
         <rect x=\"{left:.3}\" y=\"{top}\" width=\"{width:.3}\" height=\"{height}\" fill=\"hsl({hue},70%,72%)\"/>\
         <text x=\"{text:.3}\" y=\"{base}\">{shown}</text></g>",
        name = escape(label),
        shown = escape(&shown),
        height = ROW - 1.0,
        hue = hue(label),
        text = left + 3.0,
        base = top + 13.0,
    );
}

/// A warm colour, the same for a name wherever it stands (FNV-1a).
fn hue(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash % 60
}

/// Text as HTML shows it, in elements and attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            // Other control characters would not be shown, and a name may hold any.
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
