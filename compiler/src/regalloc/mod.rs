//! Slot allocation: from selected code to a frame in which every virtual register has one slot.
//!
//! Input: [`VCode`]. Output: [`Allocated`], the slot of every register and the moves to be inserted. A frame has room for every value
//! (the limit is 32767 slots), so nothing is ever spilled; what counts is that no move is left in a hot loop and that frames are small.
//!
//! Layout of a frame: the function's parameters, then references that the collector follows (see `ir::Type::is_traced`), then the other
//! values, then pairs of slots for vectors, then homes of locals in code for debugging, then one slot for the return word of callees, then the outgoing window. While a collection
//! can happen, at calls and at instructions that allocate, each such reference is in its own part or in the slot of a parameter whose
//! type is traced: so the collector finds exactly the references that are needed, without maps. The steps, one file each: program points, live ranges, coalescing into bundles,
//! values that live in the window, slots for all others, moves. [`check`] proves a result right, by other means.

mod assign;
mod check;
mod coalesce;
mod dump;
mod interval;
mod live;
#[cfg(test)]
pub(crate) mod meaning;
mod moves;
mod points;
#[cfg(test)]
pub(crate) mod random;
#[cfg(test)]
mod root_tests;
#[cfg(test)]
mod tests;
mod window;

pub use check::check;
pub use dump::dump;

use crate::error::Error;
use crate::lower::vcode::{VCode, VInst, VReg};

use assign::{Item, Slots};
use coalesce::Bundles;
use interval::Interval;
use live::Preds;
use points::{Points, for_each_operand};
use window::Window;

/// Most slots of a frame.
pub const MAX_FRAME: u32 = 32_767;

/// Where everything is. A pure addition to the [`VCode`] that it was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Slot of each virtual register, of a wide one the first; 0 for those that the code does not name.
    pub slots: Vec<u16>,
    /// Moves to insert, in the order of the code; those of one place happen one after the other.
    pub moves: Vec<Move>,
    /// First slot of callees' frames, at least 1; 0 if the function needs no window.
    pub base: u16,
    /// Slots of the frame, 1..=[`MAX_FRAME`].
    pub frame: u16,
    /// Number of slots behind the parameters that hold traced references only. These are nowhere else, but in slots of parameters of
    /// traced types, and in the window as long as nothing can collect.
    pub refs: u16,
    /// First slot of the homes, if there are any.
    pub homes: Option<u16>,
}

/// `dst = src`, inserted before an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Block.
    pub block: u32,
    /// Index of the instruction; the number of instructions of the block for its end.
    pub before: u32,
    /// Slot written.
    pub dst: u16,
    /// Slot read.
    pub src: u16,
    /// Whether the next slots are moved too, both being read before one is written.
    pub wide: bool,
}

impl Allocated {
    /// Slot of a register.
    #[must_use]
    pub fn slot(&self, vreg: VReg) -> u16 {
        self.slots[vreg.0 as usize]
    }

    /// First of the slots that take the results of a call; 0 if it has none. Several results appear at the base of the window, and moves
    /// take them from there.
    #[must_use]
    pub fn results_at(&self, call: &VInst) -> u16 {
        match call.results[..] {
            [] => 0,
            [single] => self.slot(single),
            _ => self.base,
        }
    }

    /// First of the slots that a `ret_n` of `code` returns: where its values are if they lie side by side, otherwise the base of the
    /// window.
    #[must_use]
    pub fn returned_from(&self, code: &VCode, ret_n: &VInst) -> u16 {
        moves::run(code, &self.slots, &ret_n.args).unwrap_or(self.base)
    }
}

/// Gives every virtual register of `code` a slot.
///
/// # Errors
/// `TooLarge` if the frame would exceed [`MAX_FRAME`] slots; internal if `code` breaks an invariant of [`VCode`].
pub fn allocate(code: &VCode) -> Result<Allocated, Error> {
    allocate_counted(code)
        .map(|(allocated, _)| allocated)
        .map_err(|error| error.in_func(code.func_idx, None))
}

/// The same, with the number of steps taken, which tests hold to be nearly proportional to the size of the code.
fn allocate_counted(code: &VCode) -> Result<(Allocated, u64), Error> {
    let mut work = 0;
    let points = Points::new(code)
        .ok_or_else(|| Error::too_large("instructions of a function", u64::from(u32::MAX / 4)))?;
    let preds = Preds::new(code);
    let entry_is_fine = code.blocks.first().is_some_and(|entry| {
        code.slot_count(&entry.params) == code.param_count && preds.of(0).is_empty()
    });
    let lists = [code.is_ref.len(), code.is_wide.len()];
    if !entry_is_fine || lists != [code.vreg_count as usize; 2] {
        return Err(Error::internal("the entry block does not fit the function"));
    }
    if code.param_count > MAX_FRAME {
        return Err(too_large());
    }
    let live = live::analyse(code, &points, &preds, &mut work)?;
    let bundles = Bundles::build(code, &live, &mut work);
    let window = Window::new(code, &points);
    let layout = Layout::new(code, &points, &bundles, &window, &mut work)?;

    let mut allocated = layout.allocated;
    let scratch = layout.locals;
    if moves::insert(code, &preds, &mut allocated, scratch)? && !window.is_used() {
        if scratch >= MAX_FRAME {
            return Err(too_large());
        }
        allocated.frame = allocated.frame.max(scratch as u16 + 1);
    }
    Ok((allocated, work))
}

#[cold]
fn too_large() -> Error {
    Error::too_large("frame slots", u64::from(MAX_FRAME))
}

/// The frame before moves are known.
struct Layout {
    allocated: Allocated,
    /// Slots in front of the return word.
    locals: u32,
}

impl Layout {
    fn new(
        code: &VCode,
        points: &Points,
        bundles: &Bundles<'_>,
        window: &Window<'_>,
        work: &mut u64,
    ) -> Result<Self, Error> {
        let in_window = window.place(bundles, work);
        let heat = heat(code, bundles);
        let (mut values, mut refs) = (Slots::default(), Slots::default());
        // Each of these is a pair.
        let mut wides = Slots::default();
        let mut slot_of = vec![0u32; code.vreg_count as usize];
        place_params(code, bundles, &mut values, &mut slot_of);
        let unplaced = |root: u32| {
            let home = code.home(VReg(root)).is_some();
            let placed = home || bundles.fixed(root).is_some() || in_window.contains_key(&root);
            bundles.root(root) == root && !bundles.intervals(root).is_empty() && !placed
        };
        let item = |root: u32| Item {
            root,
            heat: heat[root as usize],
            intervals: bundles.intervals(root),
        };
        let items = (0..code.vreg_count).filter(|&root| unplaced(root));
        let (ref_roots, others): (Vec<_>, Vec<_>) = items.partition(|&root| bundles.is_ref(root));
        let (wide_roots, value_roots): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|&root| bundles.is_wide(root));
        let value_items = value_roots.into_iter().map(item).collect();
        let wide_items = wide_roots.into_iter().map(item).collect();
        let ref_items = ref_roots.into_iter().map(item).collect();
        let params = code.param_count;
        refs.assign(ref_items, points, work, |root, slot| {
            slot_of[root as usize] = params + slot;
        });
        let refs = refs.count();
        values.assign(value_items, points, work, |root, slot| {
            slot_of[root as usize] = if slot < params { slot } else { slot + refs };
        });
        let wide_base = values.count() + refs;
        wides.assign(wide_items, points, work, |root, pair| {
            slot_of[root as usize] = wide_base + 2 * pair;
        });
        let homes = wide_base + 2 * wides.count();
        let locals = place_homes(code, homes, &mut slot_of);
        let base = locals + 1;
        for (&root, &at) in &in_window {
            slot_of[root as usize] = base + at;
        }
        let frame = if window.is_used() {
            base + window.slots
        } else {
            locals.max(1)
        };
        if frame > MAX_FRAME {
            return Err(too_large());
        }
        let allocated = Allocated {
            slots: (0..code.vreg_count)
                .map(|vreg| slot_of[bundles.root(vreg) as usize] as u16)
                .collect(),
            moves: Vec::new(),
            base: if window.is_used() { base as u16 } else { 0 },
            frame: frame as u16,
            refs: refs as u16,
            homes: (code.home_slots > 0).then_some(homes as u16),
        };
        Ok(Self { allocated, locals })
    }
}

/// Reserves the slots of the parameters, and notes them in `slot_of`.
fn place_params(code: &VCode, bundles: &Bundles<'_>, values: &mut Slots, slot_of: &mut [u32]) {
    for (slot, (param, second)) in (0u32..).zip(code.each_slot(&code.blocks[0].params)) {
        let root = bundles.root(param.0);
        if !second {
            slot_of[root as usize] = slot;
        }
        if bundles.is_ref(root) {
            // Never shared, so that what a reference is can be told by the slot alone.
            let (start, end) = (0, u32::MAX);
            values.reserve(slot, &[Interval { start, end }]);
        } else {
            values.reserve(slot, bundles.intervals(root));
        }
    }
}

/// Puts the homes at `first`, one behind the other; gives the slot behind them.
fn place_homes(code: &VCode, first: u32, slot_of: &mut [u32]) -> u32 {
    for (slot, home) in slot_of.iter_mut().zip(&code.home_of) {
        *slot = home.map_or(*slot, |home| first + home);
    }
    first + code.home_slots
}

/// For each bundle the most loops around an access to it.
fn heat(code: &VCode, bundles: &Bundles<'_>) -> Vec<u32> {
    let mut heat = vec![0; code.vreg_count as usize];
    for block in code.blocks.iter().filter(|block| block.loop_depth > 0) {
        let mut add = |vreg: VReg| {
            let at = &mut heat[bundles.root(vreg.0) as usize];
            *at = block.loop_depth.max(*at);
        };
        block
            .params
            .iter()
            .chain(&block.caught)
            .for_each(|&vreg| add(vreg));
        for inst in &block.insts {
            for_each_operand(inst, |_, vreg| add(vreg));
        }
    }
    heat
}

/// Whether a `ret_n` needs its values gathered.
#[cfg(test)]
fn is_gathered(code: &VCode, inst: &VInst, allocated: &Allocated) -> bool {
    inst.op == wrt_format::isa::Op::RetN && moves::run(code, &allocated.slots, &inst.args).is_none()
}
