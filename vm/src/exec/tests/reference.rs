//! What instructions compute, written independently of the handlers: by name, in wide integers and with the standard library's floats.

use wrt_format::trap::Trap;

type Value = Result<u64, Trap>;

/// The canonical NaN in place of any, for instructions that promise it.
fn canonical64(x: f64) -> u64 {
    if x.is_nan() {
        0x7ff8 << 48
    } else {
        x.to_bits()
    }
}

fn canonical32(x: f32) -> u64 {
    u64::from(if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() })
}

/// `name` on integers of `bits` bits.
fn integer(name: &str, bits: u32, a: u64, b: u64) -> Option<Value> {
    let mask = u64::MAX >> (64 - bits);
    let signed = |x: u64| i128::from(((x << (64 - bits)) as i64) >> (64 - bits));
    let (ua, ub) = (u128::from(a & mask), u128::from(b & mask));
    let (sa, sb) = (signed(a), signed(b));
    let distance = (ub % u128::from(bits)) as u32;
    let overflow = sa == signed(1 << (bits - 1)) && sb == -1;
    let rotated = |left: u32| (ua << left) | (ua >> (bits - left));
    let value = match name {
        "add" => sa.wrapping_add(sb) as u128,
        "sub" => sa.wrapping_sub(sb) as u128,
        "mul" => sa.wrapping_mul(sb) as u128,
        "mul_high_s" => (sa.wrapping_mul(sb) >> bits) as u128,
        "mul_high_u" => ua.wrapping_mul(ub) >> bits,
        "div_s" | "div_u" | "rem_s" | "rem_u" if ub == 0 => {
            return Some(Err(Trap::IntegerDivideByZero));
        }
        "div_s" if overflow => return Some(Err(Trap::IntegerOverflow)),
        "div_s" => (sa / sb) as u128,
        "div_u" => ua / ub,
        "rem_s" => (sa % sb) as u128,
        "rem_u" => ua % ub,
        "and" => ua & ub,
        "and_not" => ua & !ub,
        "or" => ua | ub,
        "xor" => ua ^ ub,
        "shl" => ua << distance,
        "shr_s" => (sa >> distance) as u128,
        "shr_u" => ua >> distance,
        "rotl" => rotated(distance),
        "rotr" => rotated((bits - distance) % bits),
        "eq" => u128::from(ua == ub),
        "ne" => u128::from(ua != ub),
        "lt_s" => u128::from(sa < sb),
        "lt_u" => u128::from(ua < ub),
        "le_s" => u128::from(sa <= sb),
        "le_u" => u128::from(ua <= ub),
        "gt_s" => u128::from(sa > sb),
        "gt_u" => u128::from(ua > ub),
        "ge_s" => u128::from(sa >= sb),
        "ge_u" => u128::from(ua >= ub),
        "and_nz" => u128::from(ua & ub != 0),
        "and_z" => u128::from(ua & ub == 0),
        "clz" => u128::from(
            (0..bits)
                .take_while(|i| ua >> (bits - 1 - i) & 1 == 0)
                .count() as u32,
        ),
        "ctz" => u128::from((0..bits).take_while(|i| ua >> i & 1 == 0).count() as u32),
        "popcnt" => u128::from((0..bits).filter(|i| ua >> i & 1 == 1).count() as u32),
        "extend8_s" => i128::from(a as i8) as u128,
        "extend16_s" => i128::from(a as i16) as u128,
        "extend32_s" => i128::from(a as i32) as u128,
        _ => return None,
    };
    Some(Ok(value as u64 & mask))
}

/// A relation or an arithmetic operator on floats of either width; arithmetic gives bits.
macro_rules! float {
    ($function:ident, $float:ty, $bits:ty, $canonical:ident) => {
        fn $function(name: &str, a: u64, b: u64) -> Option<Value> {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            let (bits_a, bits_b) = (a as $bits, b as $bits);
            let (x, y) = (<$float>::from_bits(bits_a), <$float>::from_bits(bits_b));
            let unordered = x.is_nan() || y.is_nan();
            // Of two zeros of different sign, neither of which is smaller for the hardware.
            let zeros = x == 0.0 && y == 0.0;
            Some(Ok(match name {
                "add" => u64::from((x + y).to_bits()),
                "sub" => u64::from((x - y).to_bits()),
                "mul" => u64::from((x * y).to_bits()),
                "div" => u64::from((x / y).to_bits()),
                "min" if unordered => $canonical(<$float>::NAN),
                "max" if unordered => $canonical(<$float>::NAN),
                "min" if zeros => u64::from(bits_a | bits_b),
                "max" if zeros => u64::from(bits_a & bits_b),
                "min" => u64::from(x.min(y).to_bits()),
                "max" => u64::from(x.max(y).to_bits()),
                "copysign" => u64::from((bits_a & !SIGN) | (bits_b & SIGN)),
                "abs" => u64::from(bits_a & !SIGN),
                "neg" => u64::from(bits_a ^ SIGN),
                "ceil" => $canonical(x.ceil()),
                "floor" => $canonical(x.floor()),
                "trunc" => $canonical(x.trunc()),
                "nearest" => $canonical(x.round_ties_even()),
                "sqrt" => $canonical(x.sqrt()),
                "eq" => u64::from(x == y),
                "ne" => u64::from(x != y),
                "lt" => u64::from(x < y),
                "le" => u64::from(x <= y),
                "nlt" => u64::from(unordered || x >= y),
                "nle" => u64::from(unordered || x > y),
                _ => return None,
            }))
        }
    };
}
float!(float32, f32, u32, canonical32);
float!(float64, f64, u64, canonical64);

/// The integer part of `x` between `low` and `high`, by trapping or by saturation.
fn truncated(x: f64, low: i128, high: i128, saturate: bool) -> Value {
    let whole = x as i128;
    match (saturate, x.is_nan(), (low..=high).contains(&whole)) {
        (true, true, _) => Ok(0),
        (true, false, _) => Ok(whole.clamp(low, high) as u64),
        (false, true, _) => Err(Trap::InvalidConversionToInteger),
        (false, false, false) => Err(Trap::IntegerOverflow),
        (false, false, true) => Ok(whole as u64),
    }
}

/// A conversion, by its whole name.
fn conversion(name: &str, a: u64) -> Option<Value> {
    let single = f32::from_bits(a as u32);
    let double = f64::from_bits(a);
    let plain = match name {
        "i64_extend_i32_u" => a & 0xffff_ffff,
        "f32_convert_i32_s" => u64::from((a as i32 as f32).to_bits()),
        "f32_convert_i32_u" => u64::from((a as u32 as f32).to_bits()),
        "f32_convert_i64_s" => u64::from((a as i64 as f32).to_bits()),
        "f32_convert_i64_u" => u64::from((a as f32).to_bits()),
        "f64_convert_i32_s" => f64::from(a as i32).to_bits(),
        "f64_convert_i32_u" => f64::from(a as u32).to_bits(),
        "f64_convert_i64_s" => (a as i64 as f64).to_bits(),
        "f64_convert_i64_u" => (a as f64).to_bits(),
        "f32_demote_f64" => u64::from((double as f32).to_bits()),
        "f64_promote_f32" => f64::from(single).to_bits(),
        _ => {
            let (bits, rest) = match name.split_once("_trunc_")? {
                ("i32", rest) => (32, rest),
                ("i64", rest) => (64, rest),
                _ => return None,
            };
            let (rest, saturate) = rest
                .strip_prefix("sat_")
                .map_or((rest, false), |rest| (rest, true));
            let (x, sign) = match rest.split_once('_')? {
                ("f32", sign) => (f64::from(single), sign),
                (_, sign) => (double, sign),
            };
            let (low, high) = if sign == "s" {
                (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
            } else {
                (0, (1_i128 << bits) - 1)
            };
            let mask = u64::MAX >> (64 - bits);
            return Some(truncated(x, low, high, saturate).map(|value| value & mask));
        }
    };
    Some(Ok(plain))
}

/// What the instruction `name`, an operator of one or two operands without its immediate, memory or branch form, gives.
pub(super) fn operator(name: &str, a: u64, b: u64) -> Option<Value> {
    if let Some(value) = conversion(name, a) {
        return Some(value);
    }
    let (ty, rest) = name.split_once('_')?;
    match ty {
        "i32" => integer(rest, 32, a, b),
        "i64" => integer(rest, 64, a, b),
        "f32" => float32(rest, a, b),
        "f64" => float64(rest, a, b),
        _ => None,
    }
}

/// Multiply-add and its kin.
pub(super) fn fused(name: &str, a: u64, b: u64, c: u64) -> Option<u64> {
    let (ty, rest) = name.split_once('_')?;
    let apply = |operation: &str, x, y| operator(&std::format!("{ty}_{operation}"), x, y)?.ok();
    let product = apply("mul", a, b)?;
    match rest {
        "mul_add" => apply("add", product, c),
        "mul_sub" => apply("sub", product, c),
        "sub_mul" => apply("sub", c, product),
        _ => None,
    }
}

/// The slot that loaded bytes give.
type Extend = fn(u64) -> u64;

/// Bytes of an access, and the value of the slot that those bytes give when loaded.
pub(super) fn loaded(name: &str) -> Option<(usize, Extend)> {
    let kinds: [(&str, usize, Extend); 9] = [
        ("load8_s_i32", 1, |v| u64::from(v as u8 as i8 as i32 as u32)),
        ("load8_s_i64", 1, |v| v as u8 as i8 as i64 as u64),
        ("load8_u", 1, |v| v & 0xff),
        ("load16_s_i32", 2, |v| {
            u64::from(v as u16 as i16 as i32 as u32)
        }),
        ("load16_s_i64", 2, |v| v as u16 as i16 as i64 as u64),
        ("load16_u", 2, |v| v & 0xffff),
        ("load32_s_i64", 4, |v| v as u32 as i32 as i64 as u64),
        ("load32", 4, |v| v & 0xffff_ffff),
        ("load64", 8, |v| v),
    ];
    kinds
        .into_iter()
        .find(|kind| kind.0 == name)
        .map(|(_, bytes, extend)| (bytes, extend))
}

/// What a read-modify-write instruction writes: `old`, `src`, and for `cmpxchg` what `old` is compared with. All are as wide as memory.
pub(super) fn read_modify_write(
    name: &str,
    bytes: usize,
    [old, src]: [u64; 2],
    expected: Option<u64>,
) -> u64 {
    let mask = u64::MAX >> (64 - 8 * bytes);
    let src = src & mask;
    let wide = |name: &str| {
        operator(&std::format!("i64_{name}"), old, src)
            .unwrap()
            .unwrap()
    };
    match (name, expected) {
        ("cmpxchg", Some(expected)) if expected & mask == old => src,
        ("cmpxchg", Some(_)) => old,
        ("xchg", None) => src,
        (_, None) => wide(name) & mask,
        (_, Some(_)) => panic!("{name} has nothing to compare with"),
    }
}
