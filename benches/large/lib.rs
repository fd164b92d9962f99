//! Nothing: this package is there for its dependencies, whose folders `cargo metadata` tells.
