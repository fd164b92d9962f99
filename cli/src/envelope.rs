//! Envelopes: snapshots compressed, encrypted, or both, for those who keep them. The machine knows nothing of them. `format/SNAPSHOT.md`, "Envelopes",
//! describes the bytes.
//!
//! Input: the bytes of a snapshot, forwards, and what is wanted; or the bytes of a file and a key. Output: a file; or the snapshot. Invariants: each
//! chunk is authenticated before it is decompressed; chunks cannot be left out, exchanged, or come from another file; what is unpacked is
//! bounded by [`MAX_BYTES`], and grows no faster than chunks that were found to be genuine; wrong keys and changed files cannot be told apart.

use std::io::{self, Write};
use std::path::Path;

use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305, XNonce};

use crate::status::{Failure, Status};

/// The first bytes of every envelope.
const MAGIC: [u8; 8] = [0x89, b'W', b'R', b'T', b'E', 0x0d, 0x0a, 0x1a];
/// Version of the format.
const VERSION: u16 = 1;
/// Flag: chunks may be compressed.
const COMPRESSED: u16 = 1;
/// Flag: chunks are encrypted.
const ENCRYPTED: u16 = 2;
/// Bytes of the header: magic, version, flags, the random part of nonces, zeros.
const HEADER_BYTES: usize = 32;
/// Bytes of a nonce that are the same for all chunks.
const PREFIX_BYTES: usize = 19;
/// Where they are in the header.
const PREFIX_AT: usize = 12;
/// Bytes of the head of a chunk: bytes that follow with flags, bytes of the contents.
const HEAD_BYTES: usize = 8;
/// Flag in the head of a chunk: it is the last one.
const LAST: u32 = 1 << 31;
/// Flag in the head of a chunk: its contents are compressed.
const SHRUNK: u32 = 1 << 30;
/// Bytes of contents of a chunk at most.
const CHUNK_BYTES: usize = 1 << 18;
/// Bytes that authenticate a chunk.
const TAG_BYTES: usize = 16;
/// Bytes of a snapshot that is unpacked at most.
const MAX_BYTES: u64 = 16 << 30;

/// A secret key.
#[derive(Clone)]
pub(crate) struct Key(XChaCha20Poly1305);

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// Reads a key of 32 bytes, or of 64 hexadecimal digits.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path);
        let bytes = bytes.map_err(|error| Failure::io(path.display(), &error))?;
        let key = parse_key(&bytes).ok_or_else(|| {
            Failure::usage("a key is 32 bytes, or 64 hexadecimal digits").at(path.display())
        })?;
        Ok(Self::new(&key))
    }

    fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }
}

fn parse_key(bytes: &[u8]) -> Option<[u8; 32]> {
    if let Ok(key) = bytes.try_into() {
        return Some(key);
    }
    let digits = bytes.trim_ascii();
    let digits: Option<Vec<u8>> = digits
        .iter()
        .map(|&digit| char::from(digit).to_digit(16).map(|it| it as u8))
        .collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok().filter(|_| rest.is_empty())
}

/// What is put around snapshots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seal {
    pub(crate) compress: bool,
    pub(crate) key: Option<Key>,
}

impl Seal {
    /// Whether there is nothing around them.
    pub(crate) fn is_none(&self) -> bool {
        !self.compress && self.key.is_none()
    }

    fn flags(&self) -> u16 {
        let compressed = if self.compress { COMPRESSED } else { 0 };
        let encrypted = if self.key.is_some() { ENCRYPTED } else { 0 };
        compressed | encrypted
    }
}

/// Authenticated by each chunk, and its nonce.
fn bound(
    header: &[u8; HEADER_BYTES],
    number: u32,
    head: [u8; HEAD_BYTES],
) -> (XNonce, [u8; HEADER_BYTES + HEAD_BYTES]) {
    let mut nonce = XNonce::default();
    let prefix = &header[PREFIX_AT..PREFIX_AT + PREFIX_BYTES];
    nonce[..PREFIX_BYTES].copy_from_slice(prefix);
    nonce[PREFIX_BYTES..PREFIX_BYTES + 4].copy_from_slice(&number.to_be_bytes());
    nonce[PREFIX_BYTES + 4] = head[3] >> 7;
    let mut data = [0; HEADER_BYTES + HEAD_BYTES];
    data[..HEADER_BYTES].copy_from_slice(header);
    data[HEADER_BYTES..].copy_from_slice(&head);
    (nonce, data)
}

/// Writes an envelope around what is written to it.
pub(crate) struct Sealer<'s, W: Write> {
    out: W,
    seal: &'s Seal,
    header: [u8; HEADER_BYTES],
    number: u32,
    /// Contents of the next chunk.
    gathered: Vec<u8>,
    /// Room for it as it is written.
    packed: Vec<u8>,
}

impl<'s, W: Write> Sealer<'s, W> {
    pub(crate) fn new(mut out: W, seal: &'s Seal) -> io::Result<Self> {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&MAGIC);
        header[8..10].copy_from_slice(&VERSION.to_le_bytes());
        header[10..12].copy_from_slice(&seal.flags().to_le_bytes());
        if seal.key.is_some() {
            let prefix = &mut header[PREFIX_AT..PREFIX_AT + PREFIX_BYTES];
            getrandom::fill(prefix).map_err(|error| io::Error::other(error.to_string()))?;
        }
        out.write_all(&header)?;
        Ok(Self {
            out,
            seal,
            header,
            number: 0,
            gathered: Vec::with_capacity(CHUNK_BYTES),
            packed: vec![0; lz4_flex::block::get_maximum_output_size(CHUNK_BYTES)],
        })
    }

    /// Writes the last chunk; gives the file.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.chunk(LAST)?;
        Ok(self.out)
    }

    fn chunk(&mut self, last: u32) -> io::Result<()> {
        let contents = core::mem::take(&mut self.gathered);
        let mut len = contents.len();
        let mut flags = last;
        // The room is enough for whatever comes of it.
        let packed = (self.seal.compress)
            .then(|| lz4_flex::block::compress_into(&contents, &mut self.packed))
            .transpose()
            .map_err(io::Error::other)?;
        match packed.filter(|&packed| packed < len) {
            Some(packed) => (len, flags) = (packed, flags | SHRUNK),
            None => self.packed[..len].copy_from_slice(&contents),
        }
        let tag_len = if self.seal.key.is_some() {
            TAG_BYTES
        } else {
            0
        };
        let mut head = [0; HEAD_BYTES];
        head[..4].copy_from_slice(&((len + tag_len) as u32 | flags).to_le_bytes());
        head[4..].copy_from_slice(&(contents.len() as u32).to_le_bytes());
        self.out.write_all(&head)?;
        let packed = &mut self.packed[..len];
        if let Some(Key(cipher)) = &self.seal.key {
            let (nonce, data) = bound(&self.header, self.number, head);
            let tag = cipher.encrypt_in_place_detached(&nonce, &data, packed);
            let tag = tag.map_err(|_| io::Error::other("the snapshot is too long"))?;
            self.out.write_all(packed)?;
            self.out.write_all(&tag)?;
        } else {
            self.out.write_all(packed)?;
        }
        let next = self.number.checked_add(1);
        self.number = next.ok_or(io::ErrorKind::FileTooLarge)?;
        self.gathered = contents;
        self.gathered.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gathered.len() == CHUNK_BYTES {
            self.chunk(0)?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.gathered.len());
        self.gathered.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Chunks are whole until the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a file is an envelope.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

fn cut_off() -> Failure {
    Failure::new(Status::Truncated, "the snapshot is cut off")
}

fn damaged() -> Failure {
    Failure::new(Status::Corrupt, "the snapshot's envelope is damaged")
}

/// Of a header its flags, and the key if one is needed.
fn parse_header<'k>(
    header: &[u8; HEADER_BYTES],
    key: Option<&'k Key>,
) -> Result<(u16, Option<&'k Key>), Failure> {
    let field = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    if !is_one(header) || field(8) != VERSION {
        let text = "a snapshot in an envelope of another version";
        return Err(Failure::new(Status::OtherVersion, text));
    }
    let flags = field(10);
    let key = match (flags & ENCRYPTED != 0, key) {
        (true, None) => {
            let text = "the snapshot is encrypted; name the file with the key with --key";
            return Err(Failure::usage(text));
        }
        (false, Some(_)) => return Err(unencrypted()),
        (_, key) => key,
    };
    let unused = PREFIX_AT + if key.is_some() { PREFIX_BYTES } else { 0 };
    if flags > (COMPRESSED | ENCRYPTED) || header[unused..].iter().any(|&byte| byte != 0) {
        return Err(damaged());
    }
    Ok((flags, key))
}

/// A chunk of a file.
struct Chunk<'b> {
    head: [u8; HEAD_BYTES],
    /// Bytes of its contents.
    contents: usize,
    is_shrunk: bool,
    is_last: bool,
    body: &'b [u8],
    /// What authenticates it; empty if it is not encrypted.
    tag: &'b [u8],
}

impl<'b> Chunk<'b> {
    /// The first chunk of these bytes, of an envelope with these flags, and what follows it.
    fn parse(bytes: &'b [u8], flags: u16) -> Result<(Self, &'b [u8]), Failure> {
        let (head, rest) = bytes
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or_else(cut_off)?;
        let [a, b, c, d, e, f, g, h] = *head;
        let first = u32::from_le_bytes([a, b, c, d]);
        let contents = u32::from_le_bytes([e, f, g, h]) as usize;
        let len = (first & !(LAST | SHRUNK)) as usize;
        let (bytes, rest) = rest.split_at_checked(len).ok_or_else(cut_off)?;
        let tag_len = if flags & ENCRYPTED != 0 { TAG_BYTES } else { 0 };
        let body_len = len.checked_sub(tag_len).ok_or_else(damaged)?;
        let (body, tag) = bytes.split_at(body_len);
        let is_shrunk = first & SHRUNK != 0;
        let fits = if is_shrunk {
            flags & COMPRESSED != 0 && body_len < contents
        } else {
            body_len == contents
        };
        if contents > CHUNK_BYTES || !fits {
            return Err(damaged());
        }
        let chunk = Self {
            head: *head,
            contents,
            is_shrunk,
            is_last: first & LAST != 0,
            body,
            tag,
        };
        Ok((chunk, rest))
    }
}

/// The snapshot in an envelope.
pub(crate) fn unpack(bytes: &[u8], key: Option<&Key>) -> Result<Vec<u8>, Failure> {
    let (header, mut rest) = bytes
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or_else(cut_off)?;
    let (flags, key) = parse_header(header, key)?;
    let (mut out, mut packed) = (Vec::new(), Vec::new());
    for number in 0.. {
        let (chunk, behind) = Chunk::parse(rest, flags)?;
        packed.clear();
        packed.extend_from_slice(chunk.body);
        if let Some(Key(cipher)) = key {
            let (nonce, data) = bound(header, number, chunk.head);
            let tag = Tag::from_slice(chunk.tag);
            let opened = cipher.decrypt_in_place_detached(&nonce, &data, &mut packed, tag);
            opened.map_err(|_| {
                let text = "the key is wrong, or the snapshot has been changed";
                Failure::new(Status::Corrupt, text)
            })?;
        }
        let start = out.len();
        let end = start + chunk.contents;
        if end as u64 > MAX_BYTES || out.try_reserve(chunk.contents).is_err() {
            let text = "there is no memory for the snapshot";
            return Err(Failure::new(Status::OverBudget, text));
        }
        if chunk.is_shrunk {
            out.resize(end, 0);
            let unpacked = lz4_flex::block::decompress_into(&packed, &mut out[start..]);
            if unpacked.ok() != Some(chunk.contents) {
                return Err(damaged());
            }
        } else {
            out.extend_from_slice(&packed);
        }
        rest = behind;
        if chunk.is_last {
            break;
        }
    }
    if rest.is_empty() {
        Ok(out)
    } else {
        Err(Failure::new(Status::Corrupt, "bytes follow the snapshot"))
    }
}

/// A key is given, and what is not encrypted could be anybody's.
pub(crate) fn unencrypted() -> Failure {
    let text = "the snapshot is not encrypted, so that the key says nothing of who made it; leave --key out";
    Failure::usage(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&[byte; 32])
    }

    fn seals() -> [Seal; 4] {
        [(false, false), (true, false), (false, true), (true, true)].map(|(compress, encrypt)| {
            Seal {
                compress,
                key: encrypt.then(|| key(7)),
            }
        })
    }

    fn sealed(contents: &[u8], seal: &Seal) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), seal).unwrap();
        for piece in contents.chunks(1000) {
            sealer.write_all(piece).unwrap();
        }
        sealer.finish().unwrap()
    }

    /// A part that shrinks and one that does not.
    fn contents(len: usize) -> Vec<u8> {
        let mut random = 1_u32;
        let bytes = (0..len).map(|at| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if at < len / 2 {
                (at / 1000) as u8
            } else {
                (random >> 24) as u8
            }
        });
        bytes.collect()
    }

    #[test]
    fn what_is_sealed_is_unpacked() {
        for seal in seals() {
            for len in [
                0,
                1,
                CHUNK_BYTES - 1,
                CHUNK_BYTES,
                CHUNK_BYTES + 1,
                5 * CHUNK_BYTES,
            ] {
                let contents = contents(len);
                let sealed = sealed(&contents, &seal);
                assert!(is_one(&sealed));
                assert!(unpack(&sealed, seal.key.as_ref()).unwrap() == contents);
                if seal.compress && len > 10_000 {
                    assert!(sealed.len() < len * 3 / 4);
                }
            }
        }
    }

    #[test]
    fn nothing_is_encrypted_twice_in_the_same_way() {
        let seal = &seals()[2];
        let contents = contents(1000);
        let [one, other] = [sealed(&contents, seal), sealed(&contents, seal)];
        assert_ne!(
            one[HEADER_BYTES + HEAD_BYTES..],
            other[HEADER_BYTES + HEAD_BYTES..]
        );
        assert!(
            !one.windows(16)
                .any(|part| contents.windows(16).any(|own| own == part))
        );
    }

    #[test]
    fn keys_must_fit() {
        let [plain, packed, secret, both] = seals().map(|seal| sealed(b"contents", &seal));
        for sealed in [&secret, &both] {
            let failure = unpack(sealed, Some(&key(8))).unwrap_err();
            assert_eq!(failure.status, Status::Corrupt);
            assert!(failure.message.contains("the key is wrong"), "{failure}");
            assert_eq!(unpack(sealed, None).unwrap_err().status, Status::Usage);
        }
        for sealed in [&plain, &packed] {
            let failure = unpack(sealed, Some(&key(7))).unwrap_err();
            assert!(failure.message.contains("not encrypted"), "{failure}");
        }
    }

    #[test]
    fn every_change_to_what_is_encrypted_is_found() {
        let seal = &seals()[3];
        let contents = contents(3 * CHUNK_BYTES);
        let whole = sealed(&contents, seal);
        let key = seal.key.as_ref();
        for at in (0..whole.len())
            .step_by(19_997)
            .chain(0..100)
            .chain(whole.len() - 40..whole.len())
        {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(unpack(&changed, key).is_err(), "{at}");
        }
        for len in (0..whole.len()).step_by(20_011).chain(0..100) {
            assert!(unpack(&whole[..len], key).is_err(), "{len}");
        }
        assert!(unpack(&[&whole[..], &[0]].concat(), key).is_err());
        // Chunks left out, exchanged, and from another envelope of the same key.
        let mut chunks = Vec::new();
        let mut at = HEADER_BYTES;
        while at < whole.len() {
            let head = u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
            let len = HEAD_BYTES + (head & !(LAST | SHRUNK)) as usize;
            chunks.push(&whole[at..at + len]);
            at += len;
        }
        assert!(chunks.len() >= 3);
        let joined = |order: &[usize]| {
            let chunks: Vec<&[u8]> = order.iter().map(|&i| chunks[i]).collect();
            [&whole[..HEADER_BYTES], &chunks.concat()].concat()
        };
        let all: Vec<usize> = (0..chunks.len()).collect();
        assert!(unpack(&joined(&all), key).unwrap() == contents);
        assert!(unpack(&joined(&all[1..]), key).is_err());
        assert!(unpack(&joined(&all[..2]), key).is_err());
        assert!(unpack(&joined(&[&[1, 0], &all[2..]].concat()), key).is_err());
        let other = sealed(&contents, seal);
        let mixed = [&whole[..HEADER_BYTES], &other[HEADER_BYTES..]].concat();
        assert!(unpack(&mixed, key).is_err());
    }

    #[test]
    fn what_is_only_compressed_is_bounded() {
        let seal = &seals()[1];
        let contents = contents(2 * CHUNK_BYTES);
        let whole = sealed(&contents, seal);
        // Changes are for the snapshot's own hashes to find; nothing panics, and nothing grows.
        for at in 0..whole.len().min(5000) {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            if let Ok(found) = unpack(&changed, None) {
                assert!(found.len() <= contents.len());
            }
        }
        for (at, value) in [(36, 1 << 19), (32, 1 << 29), (8, 2), (10, 8), (12, 1)] {
            let mut changed = whole.clone();
            changed[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
            assert!(unpack(&changed, None).is_err(), "{at}");
        }
    }

    #[test]
    fn keys_are_bytes_or_digits() {
        assert_eq!(parse_key(&[9; 32]), Some([9; 32]));
        assert_eq!(parse_key(&b"0f".repeat(32)), Some([15; 32]));
        let line = [&b"A0".repeat(32)[..], b"\n"].concat();
        assert_eq!(parse_key(&line), Some([160; 32]));
        for wrong in [
            &b""[..],
            b"0f",
            &[9; 31],
            &b"0g".repeat(32),
            &b"0f".repeat(33),
        ] {
            assert_eq!(parse_key(wrong), None);
        }
    }
}
