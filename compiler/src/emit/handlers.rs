//! Rows of the HANDLERS section: from the blocks' handlers to ranges of sites.

use wrt_format::image::{Clause, Handler};
use wrt_format::isa::{Control, Op};

use crate::error::Error;

use super::blocks::Block;

/// A call or throw.
#[derive(Debug)]
struct Site {
    /// Its last word.
    word: u32,
    /// What catches, and the block that this goes on with.
    catches: Vec<(Clause, u32)>,
}

/// The calls and throws of a function in order; none if nothing catches.
#[derive(Debug)]
pub(super) struct Sites {
    sites: Option<Vec<Site>>,
}

impl Sites {
    pub(super) fn new(blocks: &[Block], order: &[u32]) -> Self {
        let catches = |&at: &u32| !blocks[at as usize].catches.is_empty();
        Self {
            sites: order.iter().any(catches).then(Vec::new),
        }
    }

    /// Notes instruction `at` of a block, which is encoded as `op` from this word on.
    pub(super) fn add(&mut self, word: usize, op: Op, block: &Block, at: usize) {
        let info = op.info();
        let Some(sites) = &mut self.sites else {
            return;
        };
        if matches!(info.control, Control::Call | Control::Throw) {
            let first = block.catches.partition_point(|catch| catch.at < at);
            let own = block.catches[first..]
                .iter()
                .take_while(|catch| catch.at == at);
            sites.push(Site {
                word: (word + usize::from(info.words) - 1) as u32,
                catches: own.map(|catch| (catch.clause, catch.target)).collect(),
            });
        }
    }

    /// The rows, now that it is known where blocks start. Neighbours that are caught alike share theirs.
    ///
    /// # Errors
    /// Internal, if a handler has been left out.
    pub(super) fn rows(self, starts: &[Option<u32>]) -> Result<Vec<Handler>, Error> {
        let mut rows: Vec<Handler> = Vec::new();
        let sites = self.sites.unwrap_or_default();
        for alike in sites.chunk_by(|a, b| a.catches == b.catches) {
            let (first, last) = (alike[0].word, alike[alike.len() - 1].word);
            for &(clause, target) in &alike[0].catches {
                let block = starts[target as usize];
                rows.push(Handler {
                    first,
                    last,
                    block: block.ok_or_else(|| Error::internal("a handler is left out"))?,
                    clause,
                });
            }
        }
        Ok(rows)
    }
}
