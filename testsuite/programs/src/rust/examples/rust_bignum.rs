//! Natural numbers of any size: products, quotients by a word, powers modulo a number, decimal text; and digits of pi by an endless series.

use std::cmp::Ordering;

use programs::mix;

/// Words of 32 bits, the least first, none of them zero at the end.
#[derive(Clone, PartialEq, Eq)]
struct Nat(Vec<u32>);

impl Nat {
    fn of(value: u64) -> Self {
        Nat(vec![value as u32, (value >> 32) as u32]).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn add(&self, other: &Self) -> Self {
        let mut carry = 0_u64;
        let words = (0..self.0.len().max(other.0.len())).map(|i| {
            let at = |n: &Self| u64::from(n.0.get(i).copied().unwrap_or(0));
            carry += at(self) + at(other);
            let word = carry as u32;
            carry >>= 32;
            word
        });
        let mut sum: Vec<u32> = words.collect();
        sum.push(carry as u32);
        Nat(sum).trimmed()
    }

    /// `self - other`, which is not negative.
    fn sub(&self, other: &Self) -> Self {
        let mut borrow = false;
        let words = self.0.iter().enumerate().map(|(i, &word)| {
            let (word, first) = word.overflowing_sub(other.0.get(i).copied().unwrap_or(0));
            let (word, second) = word.overflowing_sub(borrow.into());
            borrow = first || second;
            word
        });
        Nat(words.collect()).trimmed()
    }

    fn mul(&self, other: &Self) -> Self {
        let mut product = vec![0; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0_u64;
            for (j, &b) in other.0.iter().enumerate() {
                carry += u64::from(a) * u64::from(b) + u64::from(product[i + j]);
                product[i + j] = carry as u32;
                carry >>= 32;
            }
            product[i + other.0.len()] = carry as u32;
        }
        Nat(product).trimmed()
    }

    fn div_word(&self, by: u32) -> (Self, u32) {
        let mut rest = 0_u64;
        let mut words = self.0.clone();
        for word in words.iter_mut().rev() {
            rest = rest << 32 | u64::from(*word);
            *word = (rest / u64::from(by)) as u32;
            rest %= u64::from(by);
        }
        (Nat(words).trimmed(), rest as u32)
    }

    fn shl(&self, bits: usize) -> Self {
        let mut words = vec![0; bits / 32];
        let (shift, mut carry) = (bits % 32, 0_u64);
        for &word in &self.0 {
            carry |= u64::from(word) << shift;
            words.push(carry as u32);
            carry >>= 32;
        }
        words.push(carry as u32);
        Nat(words).trimmed()
    }

    fn bits(&self) -> usize {
        self.0
            .last()
            .map_or(0, |last| self.0.len() * 32 - last.leading_zeros() as usize)
    }

    fn compare(&self, other: &Self) -> Ordering {
        let lengths = self.0.len().cmp(&other.0.len());
        lengths.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn rem(&self, by: &Self) -> Self {
        let mut rest = self.clone();
        for shift in (0..=self.bits().saturating_sub(by.bits())).rev() {
            let shifted = by.shl(shift);
            if rest.compare(&shifted) != Ordering::Less {
                rest = rest.sub(&shifted);
            }
        }
        rest
    }

    fn pow_mod(&self, exponent: &Self, modulus: &Self) -> Self {
        let mut result = Nat::of(1);
        for bit in (0..exponent.bits()).rev() {
            result = result.mul(&result).rem(modulus);
            if exponent.0[bit / 32] >> (bit % 32) & 1 == 1 {
                result = result.mul(self).rem(modulus);
            }
        }
        result
    }

    fn decimal(&self) -> String {
        let (mut number, mut parts) = (self.clone(), Vec::new());
        while !number.0.is_empty() {
            let (quotient, part) = number.div_word(1_000_000_000);
            parts.push(part);
            number = quotient;
        }
        let mut text = parts.pop().unwrap_or(0).to_string();
        for part in parts.iter().rev() {
            text += &format!("{part:09}");
        }
        text
    }
}

/// The first digits of pi, by the spigot of Rabinowitz and Wagon.
fn pi(digits: usize) -> Vec<u32> {
    let mut cells = vec![2_u32; digits * 10 / 3 + 1];
    let mut found = Vec::new();
    let (mut nines, mut held) = (0, None);
    while found.len() < digits {
        let mut carry = 0;
        for i in (0..cells.len()).rev() {
            let x = cells[i] * 10 + carry;
            let by = if i == 0 { 10 } else { 2 * i as u32 + 1 };
            cells[i] = x % by;
            carry = x / by * if i == 0 { 1 } else { i as u32 };
        }
        match carry {
            9 => nines += 1,
            digit => {
                let over = digit / 10;
                found.extend(held.map(|held: u32| held + over));
                found.extend(std::iter::repeat_n(if over == 1 { 0 } else { 9 }, nines));
                nines = 0;
                held = Some(digit % 10);
            }
        }
    }
    found
}

/// The measured work.
#[export_name = "run"]
pub extern "C" fn run(n: u32) -> u32 {
    let mut sum = 0;
    for round in 0..n {
        let (mut a, mut b) = (Nat::of(0), Nat::of(1 + u64::from(round)));
        for _ in 0..400 {
            (a, b) = (b.clone(), a.add(&b));
        }
        let factorial = (2..80).fold(Nat::of(1), |product, i| product.mul(&Nat::of(i)));
        // Fermat: 3^(p - 1) = 1 modulo the prime p = 2^61 - 1.
        let prime = Nat::of(1).shl(61).sub(&Nat::of(1));
        let one = Nat::of(3).pow_mod(&prime.sub(&Nat::of(1)), &prime);
        assert!(one == Nat::of(1));
        for text in [
            a.decimal(),
            factorial.decimal(),
            b.pow_mod(&Nat::of(65537), &prime).decimal(),
        ] {
            sum = text.bytes().fold(sum, |sum, digit| mix(sum, digit.into()));
        }
        sum = pi(60).into_iter().fold(sum, mix);
    }
    sum
}
