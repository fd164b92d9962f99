//! The heap as snapshots hold it: the arena and the table of handles as they are, with the engine's numbers of types.
//!
//! Input: bytes from anywhere. Output: a heap that satisfies the invariants of this module, or none.

use super::{Entry, HEADER, Heap, Kind, MARK, NONE, What, bytes_at};
use crate::raw::arena::OutOfMemory;
use crate::raw::store::Store;
use wrt_format::snapshot::Reader;

impl Heap {
    /// What a snapshot says of the heap besides its contents: bytes in use, handles, the first free one, the size at which to collect,
    /// whether memory was short, collections so far.
    pub(crate) const fn saved_numbers(&self) -> [u64; 6] {
        [
            self.used as u64,
            self.entries.len() as u64,
            self.free as u64,
            self.trigger,
            self.starved as u64,
            self.collections,
        ]
    }

    /// The table of handles, and the arena as far as it is in use.
    pub(crate) fn saved_contents(&self) -> (&[Entry], &[u8]) {
        let used = self.room.as_slice().get(..self.used);
        (self.entries.as_slice(), used.unwrap_or_default())
    }

    /// Whether the list of free handles has `free` of them, each once.
    fn has_free(&self, free: usize) -> bool {
        let mut at = self.free;
        for _ in 0..free {
            let Some([next, 0]) = self.entries.as_slice().get(at as usize) else {
                return false;
            };
            at = *next;
        }
        // The list ends here, so it has no circle, and there are no more entries that are free.
        at == NONE
    }
}

/// Why a heap was not restored.
pub(crate) enum HeapError {
    /// It is none.
    Invalid(&'static str),
    /// There is no memory, or the limit is lower than what is in use.
    OutOfMemory,
}

impl From<OutOfMemory> for HeapError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// The next bytes, or that there are none.
fn or_short<T>(found: Option<T>) -> Result<T, HeapError> {
    found.ok_or(HeapError::Invalid("it is cut off"))
}

impl Store<'_> {
    /// Fills the empty heap from a snapshot's numbers and what follows them. `number_of` gives the number that a type has in this engine by
    /// the one in the snapshot.
    pub(crate) fn restore_heap(
        &mut self,
        numbers: [u64; 6],
        fields: &mut Reader<'_>,
        number_of: impl Fn(u32) -> Option<u32>,
    ) -> Result<(), HeapError> {
        let [used, handles, free, trigger, starved, collections] = numbers;
        // Both are in the snapshot, which bounds them before anything is allocated.
        let fits = handles.checked_mul(8).and_then(|it| it.checked_add(used));
        if fits.is_none_or(|bytes| bytes > fields.left() as u64) || !used.is_multiple_of(8) {
            return Err(HeapError::Invalid("it is cut off"));
        }
        let (used, handles) = (used as usize, handles as usize);
        if used as u64 > self.heap.limit || handles >= NONE as usize {
            return Err(HeapError::OutOfMemory);
        }
        let entries = &mut self.heap.entries;
        entries.reserve_exact(&mut self.arena, handles)?;
        let mut objects = 0;
        for _ in 0..handles {
            let [place, what] = or_short(fields.u32s())?;
            let what = match what {
                0 => 0,
                what => mapped(What(what), &number_of)?.0,
            };
            objects += usize::from(what != 0);
            entries.push(&mut self.arena, [place, what])?;
        }
        if used > 0 {
            self.heap.room.extend_zeroed(&mut self.arena, used)?;
        }
        (self.heap.room.as_mut_slice()).copy_from_slice(or_short(fields.take(used))?);
        if (used + objects * size_of::<Entry>()) as u64 > self.heap.limit {
            return Err(HeapError::OutOfMemory);
        }
        self.heap.used = used;
        self.heap.free = free.try_into().unwrap_or(u32::MAX);
        self.heap.objects = objects as u32;
        self.heap.trigger = trigger.min(self.heap.limit);
        self.heap.starved = starved != 0;
        self.heap.collections = collections;
        if !self.heap.has_free(handles - objects) {
            return Err(HeapError::Invalid("its free handles"));
        }
        self.check_objects(objects)
    }

    /// The arena is a sequence of whole objects, of which the table has one entry each, and there are `objects` of them.
    fn check_objects(&self, objects: usize) -> Result<(), HeapError> {
        let (entries, arena) = self.heap.saved_contents();
        let (mut at, mut seen) = (0, 0);
        while at < arena.len() {
            let header = bytes_at(arena, at).zip(bytes_at(arena, at + 4));
            let (handle, payload) = or_short(header)?;
            let (handle, payload) = (u32::from_le_bytes(handle), u32::from_le_bytes(payload));
            let entry = entries.get((handle & !MARK) as usize).copied();
            let Some([place, what]) = entry.filter(|_| handle & MARK == 0) else {
                return Err(HeapError::Invalid("an object without a handle"));
            };
            if place as usize * 8 != at || what == 0 {
                return Err(HeapError::Invalid("an object's handle"));
            }
            if !self.has_payload(What(what), payload.into()) {
                return Err(HeapError::Invalid("the size of an object"));
            }
            at += (payload as usize).next_multiple_of(8) + HEADER;
            seen += 1;
        }
        // Each object has a handle of its own, since the places are different.
        if at != arena.len() || seen != objects {
            return Err(HeapError::Invalid("the number of its objects"));
        }
        Ok(())
    }

    /// Whether an object of this kind and type has a payload of so many bytes.
    fn has_payload(&self, what: What, payload: u64) -> bool {
        if what.kind() == Kind::Exception as u32 {
            let ty = self.tag_type(what.number());
            let sig = ty.and_then(|ty| self.func_sig(ty));
            return sig.is_some_and(|sig| sig.param_slots() as u64 * 8 == payload);
        }
        self.types.what(what.number()) == Some(what)
            && match what.width_log2() {
                Some(width) => payload.is_multiple_of(1 << width),
                None => self.types.struct_bytes(what.number()) == payload,
            }
    }
}

/// What an object is, in this engine's numbers.
fn mapped(what: What, number_of: impl Fn(u32) -> Option<u32>) -> Result<What, HeapError> {
    if what.kind() == Kind::Exception as u32 {
        return Ok(what);
    }
    let number = number_of(what.number()).filter(|&number| number < 1 << 23);
    let number = number.ok_or(HeapError::Invalid("the type of an object"))?;
    // Kind and width are compared with those of the type.
    Ok(What(what.0 & !((1 << 23) - 1) | number))
}
