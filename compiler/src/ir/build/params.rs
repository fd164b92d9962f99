//! Removal of block parameters that choose nothing: every edge passes the same value, or the parameter itself.
//!
//! A removed parameter may make others trivial, so those that it is an argument of are looked at again, until none is left. Then
//! all operands are rewritten, so that none is the alias of another value.

use super::{Block, BlockInfo, Func, Value, ValueDef};
use std::collections::VecDeque;

/// End of a list.
const NIL: u32 = u32::MAX;

/// The parameters that a value is an argument for: a linked list, so that two lists join in one step.
#[derive(Clone, Copy, Debug)]
struct Users {
    head: u32,
    tail: u32,
}

struct Removal<'a> {
    func: &'a mut Func,
    infos: &'a [BlockInfo],
    /// What each value has been replaced by; itself if it has not.
    root: Vec<Value>,
    users: Vec<Users>,
    /// Links of the lists: parameter, next link.
    links: Vec<(Value, u32)>,
    queue: VecDeque<Value>,
    queued: Vec<bool>,
}

/// Removes all trivial parameters and the arguments for them.
pub(super) fn remove_trivial(func: &mut Func, infos: &[BlockInfo]) {
    let count = func.values.len();
    let nothing = Users {
        head: NIL,
        tail: NIL,
    };
    let mut removal = Removal {
        root: (0..count as u32).map(Value).collect(),
        users: vec![nothing; count],
        links: Vec::new(),
        queue: VecDeque::new(),
        queued: vec![false; count],
        func,
        infos,
    };
    removal.collect();
    while let Some(param) = removal.queue.pop_front() {
        removal.queued[param.index()] = false;
        removal.visit(param);
    }
    removal.rewrite();
}

impl Removal<'_> {
    /// Queues all parameters, in the order of the layout: so that mostly a parameter's arguments are settled before it.
    fn collect(&mut self) {
        for &block in &self.func.layout {
            for (at, &param) in self.func.block(block).params.iter().enumerate() {
                let preds = &self.infos[block.index()].preds;
                if preds.is_empty() {
                    continue;
                }
                for &edge in preds {
                    let arg = argument(self.func, edge.from, edge.position, at);
                    if let ValueDef::Param(..) = self.func.values[arg.index()].def {
                        let link = self.links.len() as u32;
                        let users = &mut self.users[arg.index()];
                        self.links.push((param, users.head));
                        if users.tail == NIL {
                            users.tail = link;
                        }
                        users.head = link;
                    }
                }
                self.queue.push_back(param);
                self.queued[param.index()] = true;
            }
        }
    }

    /// What a value has been replaced by; shortens the way for the next time.
    fn find(&mut self, mut value: Value) -> Value {
        while self.root[value.index()] != value {
            let up = self.root[value.index()];
            self.root[value.index()] = self.root[up.index()];
            value = up;
        }
        value
    }

    /// Removes a parameter if it is trivial.
    fn visit(&mut self, param: Value) {
        let ValueDef::Param(block, at) = self.func.values[param.index()].def else {
            return;
        };
        if self.root[param.index()] != param {
            return;
        }
        let mut same = None;
        for pred in 0..self.infos[block.index()].preds.len() {
            let edge = self.infos[block.index()].preds[pred];
            let arg = argument(self.func, edge.from, edge.position, at as usize);
            let arg = self.find(arg);
            if arg == param || Some(arg) == same {
                continue;
            }
            if same.is_some() {
                return;
            }
            same = Some(arg);
        }
        let Some(same) = same else {
            return;
        };
        self.root[param.index()] = same;
        let Users { head, tail } = self.users[param.index()];
        let mut link = head;
        while link != NIL {
            let (user, next) = self.links[link as usize];
            if !core::mem::replace(&mut self.queued[user.index()], true) {
                self.queue.push_back(user);
            }
            link = next;
        }
        if tail != NIL {
            let users = &mut self.users[same.index()];
            self.links[tail as usize].1 = users.head;
            users.head = head;
            if users.tail == NIL {
                users.tail = tail;
            }
        }
    }

    /// Drops what is removed and renumbers the rest.
    fn rewrite(mut self) {
        for value in 0..self.root.len() as u32 {
            let root = self.find(Value(value));
            self.root[value as usize] = root;
            if root != Value(value) {
                self.func.values[value as usize].def = ValueDef::Alias(root);
                self.func.replaced = true;
            }
        }
        for at in 0..self.func.layout.len() {
            let block = self.func.layout[at];
            self.rewrite_block(block);
        }
    }

    fn rewrite_block(&mut self, block: Block) {
        let root = &self.root;
        let is_kept = |value: Value| root[value.index()] == value;
        let params = core::mem::take(&mut self.func.block_mut(block).params);
        if !params.iter().all(|&param| is_kept(param)) {
            for &edge in &self.infos[block.index()].preds {
                let terminator = &mut self.func.blocks[edge.from.index()].terminator;
                let args = terminator.edges_mut().nth(edge.position as usize);
                let mut at = 0;
                args.expect("an edge that was recorded").args.retain(|_| {
                    at += 1;
                    is_kept(params[at - 1])
                });
            }
        }
        let kept: Vec<_> = params.into_iter().filter(|&param| is_kept(param)).collect();
        for (at, param) in kept.iter().enumerate() {
            self.func.values[param.index()].def = ValueDef::Param(block, at as u32);
        }
        let data = &mut self.func.blocks[block.index()];
        data.params = kept;
        data.terminator
            .for_each_use_mut(|value| *value = root[value.index()]);
        for inst in &data.insts {
            let inst = &mut self.func.insts[inst.index()].inst;
            inst.for_each_use_mut(|value| *value = root[value.index()]);
        }
    }
}

/// The argument `at` of an edge.
fn argument(func: &Func, from: Block, position: u32, at: usize) -> Value {
    let mut edges = func.block(from).terminator.edges();
    let edge = edges.nth(position as usize);
    edge.expect("an edge that was recorded").args[at]
}
