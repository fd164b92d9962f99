//! Hash maps for what the passes look up by numbers: several times as fast as the standard ones, whose hash stands up to whoever chooses the keys. This one
//! (`foldhash`) starts from numbers that are others in each process, so that a module cannot be made for collisions. Nothing depends on the order of what a
//! map has.

pub(crate) use foldhash::fast::RandomState as Hash;

/// A map with that hash.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, Hash>;
