//! Control flow between resolved blocks: what can be skipped, where fuel is charged, and in which order blocks are laid out.

use crate::error::Error;
use crate::lower::negate;

use super::acc::plain;
use super::blocks::{Block, Catch, End};

/// Makes every edge go past blocks that do nothing, cost nothing and only go on. Block 0 stays what it is.
pub(super) fn thread(blocks: &mut [Block]) {
    let mut final_target: Vec<Option<u32>> = vec![None; blocks.len()];
    let mut seen_from = vec![u32::MAX; blocks.len()];
    let mut path = Vec::new();
    for start in 0..blocks.len() as u32 {
        let mut at = start;
        let target = loop {
            if let Some(known) = final_target[at as usize] {
                break known;
            }
            let block = &blocks[at as usize];
            match block.end {
                // A cycle of such blocks costs nothing: it is left alone, and found out when backward branches are checked.
                End::Next(next) if block.body.is_empty() && block.cost == 0 && next != at => {
                    if seen_from[next as usize] == start {
                        break at;
                    }
                    seen_from[at as usize] = start;
                    path.push(at);
                    at = next;
                }
                End::Next(_) | End::Cond(..) | End::Table(..) | End::Leave(_) => break at,
            }
        };
        path.push(at);
        for block in path.drain(..) {
            final_target[block as usize] = Some(target);
        }
    }
    for block in blocks {
        block.retarget(|old| final_target[old as usize].unwrap_or(old));
        simplify(block);
    }
}

/// A conditional branch that goes to one block either way is none, unless it also computes something.
fn simplify(block: &mut Block) {
    if let End::Cond(branch, taken, other) = &block.end
        && taken == other
        && negate(branch).is_some()
    {
        block.end = End::Next(*taken);
    }
}

/// The reachable blocks in layout order: that of their numbers.
pub(super) fn reachable(blocks: &[Block]) -> Vec<u32> {
    let mut seen = vec![false; blocks.len()];
    let mut stack = vec![0u32];
    seen[0] = true;
    while let Some(at) = stack.pop() {
        blocks[at as usize].for_each_target(|target| {
            if !core::mem::replace(&mut seen[target as usize], true) {
                stack.push(target);
            }
        });
    }
    let all = 0..blocks.len() as u32;
    all.filter(|&b| seen[b as usize]).collect()
}

/// Number of edges into each block.
pub(super) fn entries(blocks: &[Block], order: &[u32]) -> Vec<u32> {
    let mut count = vec![0; blocks.len()];
    for &block in order {
        blocks[block as usize].for_each_target(|target| count[target as usize] += 1);
    }
    count
}

/// Joins every block that is only fallen into with the one before it, where that one shows no fuel or it costs nothing: their costs add up.
/// Anything that can stop shows the fuel spent so far, which must be the same at every level.
///
/// # Errors
/// `TooLarge` if a sum exceeds 32 bits.
pub(super) fn merge(blocks: &mut [Block], order: &mut Vec<u32>) -> Result<(), Error> {
    let entries = entries(blocks, order);
    let mut kept: Vec<u32> = Vec::with_capacity(order.len());
    // Whether the block kept last shows fuel.
    let mut last_shows = false;
    for &at in order.iter() {
        let block = &blocks[at as usize];
        let falls = |last: &u32| matches!(blocks[*last as usize].end, End::Next(to) if to == at);
        let may_join = block.step.is_none() && (block.cost == 0 || !last_shows);
        let joins = entries[at as usize] == 1 && may_join;
        let Some(&last) = kept.last().filter(|last| joins && falls(last)) else {
            kept.push(at);
            last_shows = block.shows_fuel();
            continue;
        };
        last_shows |= block.shows_fuel();
        let nothing = Block::forward(at, 0, 0);
        let mut joined = core::mem::replace(&mut blocks[at as usize], nothing);
        let into = &mut blocks[last as usize];
        let before = into.body.len();
        into.body.append(&mut joined.body);
        into.catches
            .extend(joined.catches.iter().map(|catch| Catch {
                at: before + catch.at,
                ..*catch
            }));
        into.end = joined.end;
        into.loop_depth = into.loop_depth.max(joined.loop_depth);
        into.cost = into
            .cost
            .checked_add(joined.cost)
            .ok_or_else(|| Error::too_large("fuel of a block", u64::from(u32::MAX)))?;
    }
    *order = kept;
    Ok(())
}

/// Balances fuel and places blocks until neither has anything left to do.
///
/// # Errors
/// Internal, if there is a cycle that costs nothing.
pub(super) fn arrange(blocks: &mut Vec<Block>, mut order: Vec<u32>) -> Result<Vec<u32>, Error> {
    loop {
        balance(blocks, &mut order)?;
        // A block put in between may be a new place that a backward branch starts from.
        let placed = place(blocks, &order);
        if placed.len() == order.len() {
            return Ok(placed);
        }
        order = placed;
    }
}

/// Chooses what follows each conditional branch: one of its targets if it is laid out next, with the condition turned if need be;
/// otherwise a block put in between, which goes on to the colder target, or to the target that a turned condition cannot reach.
/// Blocks are put in before anything is laid out, so `order` gets longer; no block is moved.
fn place(blocks: &mut Vec<Block>, order: &[u32]) -> Vec<u32> {
    let position = positions(blocks, order);
    let mut placed = Vec::with_capacity(order.len());
    for (i, &at) in order.iter().enumerate() {
        placed.push(at);
        let next = order.get(i + 1).copied();
        let Block { end, cost, .. } = &blocks[at as usize];
        let End::Cond(branch, taken, other) = end else {
            continue;
        };
        let (taken, other, cost) = (*taken, *other, *cost);
        if next == Some(other) {
            continue;
        }
        let turned = negate(branch);
        // The block in between costs nothing, so a backward branch from it must go to a block that costs something.
        let is_back = |b: u32| position[b as usize] as usize <= i;
        let is_free = |b: u32| is_back(b) && blocks[b as usize].cost == 0 && cost > 0;
        let depth = |b: u32| blocks[b as usize].loop_depth;
        let turn = next == Some(taken)
            || is_free(other) && !is_free(taken)
            || is_free(other) == is_free(taken) && depth(other) > depth(taken);
        let (taken, other) = match turned {
            Some(opposite) if turn => {
                blocks[at as usize].end = End::Cond(Box::new(opposite), other, taken);
                (other, taken)
            }
            _ => (taken, other),
        };
        if next == Some(other) {
            continue;
        }
        let between = blocks.len() as u32;
        let depth = blocks[at as usize].loop_depth;
        blocks.push(Block::forward(other, 0, depth));
        placed.push(between);
        if let End::Cond(branch, ..) = &blocks[at as usize].end {
            blocks[at as usize].end = End::Cond(branch.clone(), taken, between);
        }
    }
    placed
}

/// Turns the conditional branch that ends block `at` round, so that it skips an unconditional one: that can reach any block.
///
/// # Errors
/// Internal, if the branch has no opposite.
pub(super) fn skip_branch(
    blocks: &mut Vec<Block>,
    order: &mut Vec<u32>,
    at: u32,
) -> Result<(), Error> {
    let Block {
        end, loop_depth, ..
    } = &blocks[at as usize];
    let End::Cond(branch, taken, other) = end else {
        return Err(Error::internal("no conditional branch to turn round"));
    };
    let mut branch = (**branch).clone();
    branch.op = plain(branch.op);
    let opposite = negate(&branch);
    let opposite = opposite.ok_or_else(|| Error::internal("a branch has no opposite"))?;
    let (taken, other, depth) = (*taken, *other, *loop_depth);
    let between = blocks.len() as u32;
    blocks[at as usize].end = End::Cond(Box::new(opposite), other, between);
    blocks.push(Block::forward(taken, 0, depth));
    let behind = order.iter().position(|&it| it == at).map_or(0, |it| it + 1);
    order.insert(behind, between);
    Ok(())
}

/// Moves fuel over edges until every backward branch costs something at one of its ends. A path's sum stays what it is.
///
/// Such a branch comes from a block without operators of its own, which passes arguments to a loop that starts with another loop. The
/// block before it has an operator that branches, and what that costs can as well be charged after the branch, if nothing in that block shows what
/// has been paid. Otherwise the block without operators goes through what starts the loop, which costs nothing either, by itself. Where
/// dispatch was copied, several such blocks may lead to it.
///
/// # Errors
/// Internal, if a backward branch has no such block before it.
fn balance(blocks: &mut Vec<Block>, order: &mut Vec<u32>) -> Result<(), Error> {
    for round in 0..MAX_ROUNDS {
        let position = positions(blocks, order);
        let is_free = |blocks: &[Block], from: u32, to: u32| {
            // Blocks put in by this round have no position: they cost something, or come behind everything.
            blocks[from as usize].cost == 0
                && blocks[to as usize].cost == 0
                && (position.get(to as usize)).is_some_and(|&at| at <= position[from as usize])
        };
        let mut edges = Edges::new(blocks, order);
        let mut changed = false;
        let mut targets = Vec::new();
        for from in order.clone() {
            targets.clear();
            blocks[from as usize].end.for_each(|to| targets.push(to));
            targets.sort_unstable();
            targets.dedup();
            targets.retain(|&to| is_free(blocks, from, to));
            if !targets.is_empty() {
                let mut through = |to| go_through(blocks, order, &mut edges, from, to);
                let settled = (round < THROUGH && targets.drain(..).all(&mut through))
                    || charge_later(blocks, order, &mut edges, from);
                if !settled {
                    return Err(Error::internal("a cycle costs no fuel"));
                }
                changed = true;
            }
        }
        if !changed {
            return Ok(());
        }
    }
    Err(Error::internal("fuel cannot be balanced"))
}

/// Times that moving fuel may make another backward branch free.
const MAX_ROUNDS: usize = 64;
/// Blocks behind one another that are copied for a way back to cost something: only functions made for it have more, and for these fuel moves.
const THROUGH: usize = 16;

fn positions(blocks: &[Block], order: &[u32]) -> Vec<u32> {
    let mut position = vec![u32::MAX; blocks.len()];
    for (i, &block) in (0u32..).zip(order) {
        position[block as usize] = i;
    }
    position
}

/// What leads to each block: the number of edges, and where the last of them comes from.
struct Edges {
    count: Vec<u32>,
    pred: Vec<u32>,
}

impl Edges {
    fn new(blocks: &[Block], order: &[u32]) -> Self {
        let mut pred = vec![u32::MAX; blocks.len()];
        for &from in order {
            blocks[from as usize].for_each_target(|to| pred[to as usize] = from);
        }
        let count = entries(blocks, order);
        Self { count, pred }
    }

    /// The blocks that lead to `to`.
    fn preds(&self, blocks: &[Block], order: &[u32], to: u32) -> Vec<u32> {
        let leads = |from: u32| blocks.get(from as usize).map_or(0, |it| it.count(to));
        let last = self.pred[to as usize];
        match self.count[to as usize] {
            0 => Vec::new(),
            // Mostly there is one.
            count if leads(last) == count => vec![last],
            _ => (order.iter().copied())
                .filter(|&from| leads(from) > 0)
                .collect(),
        }
    }
}

/// Most instructions that are copied at once for a way back to cost something.
const COPIED: usize = 64;

/// Lets `from` go through a copy of `to` of its own, if something that leads to `from` shows what has been paid: none of that can be charged later.
/// Both blocks cost nothing, so that every path's sum stays what it is.
fn go_through(
    blocks: &mut Vec<Block>,
    order: &mut Vec<u32>,
    edges: &mut Edges,
    from: u32,
    to: u32,
) -> bool {
    let preds = edges.preds(blocks, order, from);
    let shows = preds.iter().any(|&pred| blocks[pred as usize].shows_fuel());
    if !shows || to == from || blocks[to as usize].body.len() > COPIED {
        return false;
    }
    let copied = blocks[to as usize].clone();
    edges.count[to as usize] -= blocks[from as usize].count(to);
    let mut own = from;
    if let End::Next(_) = blocks[from as usize].end {
        let into = &mut blocks[from as usize];
        let before = into.body.len();
        into.body.extend(copied.body);
        into.catches
            .extend(copied.catches.iter().map(|catch| Catch {
                at: before + catch.at,
                ..*catch
            }));
        into.end = copied.end;
    } else {
        own = blocks.len() as u32;
        blocks.push(copied);
        order.push(own);
        let swap = |old| if old == to { own } else { old };
        blocks[from as usize].retarget(swap);
        edges.count.push(blocks[from as usize].count(own));
        edges.pred.push(from);
    }
    blocks[own as usize].for_each_target(|target| {
        edges.count[target as usize] += 1;
        edges.pred[target as usize] = own;
    });
    true
}

/// Moves one unit of fuel from every predecessor of `to` to all that follow it. False if one has none to spare.
fn charge_later(blocks: &mut Vec<Block>, order: &mut Vec<u32>, edges: &mut Edges, to: u32) -> bool {
    let preds = edges.preds(blocks, order, to);
    if preds.is_empty() {
        return false;
    }
    let spares = |&pred: &u32| {
        let block = &blocks[pred as usize];
        pred != to && block.cost > u32::from(block.calls())
    };
    if !preds.iter().all(spares) {
        return false;
    }
    blocks[to as usize].cost += 1;
    for pred in preds {
        charge_others(blocks, order, edges, pred, to);
    }
    true
}

/// Takes one unit of fuel from `pred` and gives it to all that follow it but `to`.
fn charge_others(
    blocks: &mut Vec<Block>,
    order: &mut Vec<u32>,
    edges: &mut Edges,
    pred: u32,
    to: u32,
) {
    let depth = blocks[pred as usize].loop_depth;
    let mut targets = Vec::new();
    blocks[pred as usize].for_each_target(|target| targets.push(target));
    targets.sort_unstable();
    targets.dedup();
    targets.retain(|&target| target != to);
    blocks[pred as usize].cost -= 1;
    for target in targets {
        let several = blocks[pred as usize].count(target);
        if edges.count[target as usize] == several {
            blocks[target as usize].cost += 1;
            continue;
        }
        let between = blocks.len() as u32;
        blocks.push(Block::forward(target, 1, depth));
        edges.count[target as usize] -= several - 1;
        edges.count.push(several);
        edges.pred.push(pred);
        let swap = |old| if old == target { between } else { old };
        blocks[pred as usize].retarget(swap);
        let at = order.iter().position(|&it| it == pred).unwrap_or(0) + 1;
        // What the branch falls into stays behind it, unless that itself falls into what follows.
        let stays = match (&blocks[pred as usize].end, order.get(at)) {
            (End::Cond(_, taken, other), Some(next)) if *taken == between && next == other => {
                let after = order.get(at + 1).copied();
                !matches!(blocks[*other as usize].end, End::Next(it) if Some(it) == after)
            }
            _ => false,
        };
        order.insert(at + usize::from(stays), between);
    }
}
