//! The meaning of programs, by the letter of the proposal: statement by statement, with what leaves each of them passed outwards.

use super::program::{FUNCTIONS, ITERATIONS, LOCALS, Stmt, Try};

/// What is thrown: the tag, and what it carries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    pub(crate) tag: u32,
    pub(crate) values: Vec<u32>,
}

/// How a call ends.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Result(u32),
    Exception(Exception),
    Unreachable,
}

/// What follows a statement.
enum Flow {
    Next,
    Branch(u32),
    Return(u32),
    Throw(Exception),
    /// On the way to a label, where it is thrown.
    Delegated(u32, Exception),
    Unreachable,
}

/// What runs share, and what came of them.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    pub(crate) log: u32,
    left: i32,
    /// Exceptions that a clause of a `try` has caught, were thrown again, and were passed on by a `delegate`.
    pub(crate) caught: u32,
    pub(crate) rethrown: u32,
    pub(crate) delegated: u32,
}

/// One call.
struct Frame<'a> {
    program: &'a [(Vec<Stmt>, u32)],
    machine: &'a mut Machine,
    locals: [u32; LOCALS as usize],
    /// For each open label what its clause has caught.
    labels: Vec<Option<Exception>>,
}

impl Machine {
    /// Calls a function from outside.
    pub(crate) fn call(&mut self, program: &[(Vec<Stmt>, u32)], at: u32, args: [u32; 2]) -> End {
        assert!(at < FUNCTIONS);
        (self.log, self.left) = (0, ITERATIONS.cast_signed());
        self.run(program, at, args)
    }

    fn run(&mut self, program: &[(Vec<Stmt>, u32)], at: u32, args: [u32; 2]) -> End {
        let (body, result) = &program[at as usize];
        let mut frame = Frame {
            program,
            machine: self,
            locals: [args[0], args[1], 0, 0],
            labels: Vec::new(),
        };
        match frame.body(body, None) {
            Flow::Next => End::Result(frame.locals[*result as usize]),
            Flow::Return(value) => End::Result(value),
            // Beyond the block around everything lies the caller.
            Flow::Throw(exception) | Flow::Delegated(0, exception) => End::Exception(exception),
            Flow::Unreachable => End::Unreachable,
            Flow::Branch(_) | Flow::Delegated(..) => panic!("a label outside of the function"),
        }
    }
}

impl Frame<'_> {
    fn get(&self, local: u32) -> u32 {
        self.locals[local as usize]
    }

    /// Runs what a label is around. What is thrown at the label by a `delegate` in it is thrown by it.
    fn label(&mut self, body: &[Stmt], caught: Option<Exception>) -> Flow {
        self.labels.push(caught);
        let mut flow = Flow::Next;
        for it in body {
            flow = self.step(it);
            if !matches!(flow, Flow::Next) {
                break;
            }
        }
        self.labels.pop();
        match flow {
            Flow::Delegated(0, exception) => Flow::Throw(exception),
            Flow::Delegated(depth, exception) => Flow::Delegated(depth - 1, exception),
            other => other,
        }
    }

    /// [`Self::label`] of what nothing catches at and that a branch to its label leaves.
    fn body(&mut self, body: &[Stmt], caught: Option<Exception>) -> Flow {
        Self::outwards(self.label(body, caught))
    }

    /// A branch as it is outside of a label; to the label itself it is over.
    fn outwards(flow: Flow) -> Flow {
        match flow {
            Flow::Branch(0) => Flow::Next,
            Flow::Branch(depth) => Flow::Branch(depth - 1),
            other => other,
        }
    }

    fn step(&mut self, it: &Stmt) -> Flow {
        match it {
            Stmt::Set(to, a, b) => {
                let value = self.get(*a).wrapping_mul(3).wrapping_add(self.get(*b));
                self.locals[*to as usize] = value;
            }
            Stmt::Const(to, value) => self.locals[*to as usize] = *value,
            Stmt::Note(local) => {
                let value = self.get(*local);
                self.machine.log = self.machine.log.wrapping_mul(31).wrapping_add(value);
            }
            Stmt::Block(body) => return self.body(body, None),
            Stmt::Loop(body) => return self.loop_(body),
            Stmt::If(cond, then, otherwise) => {
                let arm = if self.get(*cond) & 1 == 1 {
                    then
                } else {
                    otherwise
                };
                return self.body(arm, None);
            }
            Stmt::Br(depth) => return Flow::Branch(*depth),
            Stmt::BrIf(depth, cond) if self.get(*cond) & 1 == 1 => return Flow::Branch(*depth),
            Stmt::BrIf(..) => {}
            Stmt::Call(to, at, a, b) => {
                let args = [self.get(*a), self.get(*b)];
                match self.machine.run(self.program, *at, args) {
                    End::Result(value) => self.locals[*to as usize] = value,
                    End::Exception(exception) => return Flow::Throw(exception),
                    End::Unreachable => return Flow::Unreachable,
                }
            }
            Stmt::Throw(tag, a, b) => {
                let mut values = vec![self.get(*a), self.get(*b)];
                values.truncate(super::program::TAGS[*tag as usize] as usize);
                return Flow::Throw(Exception { tag: *tag, values });
            }
            Stmt::Return(local) => return Flow::Return(self.get(*local)),
            Stmt::Unreachable => return Flow::Unreachable,
            Stmt::Rethrow(depth) => {
                self.machine.rethrown += 1;
                let at = self.labels.len() - 1 - *depth as usize;
                let caught = self.labels[at].clone();
                return Flow::Throw(caught.expect("a clause"));
            }
            Stmt::Try(it) => return self.try_(it),
            Stmt::Delegate(body, depth) => {
                return match self.body(body, None) {
                    Flow::Throw(exception) => {
                        self.machine.delegated += 1;
                        Flow::Delegated(*depth, exception)
                    }
                    flow => flow,
                };
            }
            Stmt::Table(tag, _, body) => return self.table(*tag, body),
        }
        Flow::Next
    }

    fn loop_(&mut self, body: &[Stmt]) -> Flow {
        loop {
            self.machine.left -= 1;
            if self.machine.left < 0 {
                return Flow::Return(77);
            }
            match self.label(body, None) {
                Flow::Branch(0) => {}
                flow => return Self::outwards(flow),
            }
        }
    }

    fn try_(&mut self, it: &Try) -> Flow {
        let mut value = it.value;
        // Nobody branches to its label: it takes an operand.
        let mut flow = self.body(&it.body, None);
        if let Flow::Throw(exception) = flow {
            let mut clauses = it.clauses.iter();
            let catches = clauses.find(|clause| clause.tag.is_none_or(|tag| tag == exception.tag));
            let Some(clause) = catches else {
                return Flow::Throw(exception);
            };
            self.machine.caught += 1;
            for (&local, &caught) in clause.to.iter().zip(exception.values.iter().rev()) {
                self.locals[local as usize] = caught;
            }
            value = clause.value;
            flow = self.body(&clause.body, Some(exception));
        }
        if matches!(flow, Flow::Next) {
            self.locals[it.to as usize] = self.get(value);
        }
        flow
    }

    /// A `try_table` in two blocks.
    fn table(&mut self, tag: Option<u32>, body: &[Stmt]) -> Flow {
        self.labels.extend([None, None]);
        let flow = self.body(body, None);
        self.labels.truncate(self.labels.len() - 2);
        match flow {
            Flow::Throw(exception) if tag.is_none_or(|tag| tag == exception.tag) => Flow::Next,
            // The inner block is no target of branches, so both steps outwards are one for what follows.
            Flow::Branch(depth) => match depth {
                0 => panic!("a branch to what takes operands"),
                1 => Flow::Next,
                _ => Flow::Branch(depth - 2),
            },
            Flow::Delegated(0 | 1, exception) => Flow::Throw(exception),
            Flow::Delegated(depth, exception) => Flow::Delegated(depth - 2, exception),
            other => other,
        }
    }
}
