//! What lies on the machine's stack: nodes of an arena, so that neither rings nor deep nests do harm.

use std::sync::Arc;

use super::known::Known;
use crate::papers::numpy::{Array, Dtype};

/// A place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(pub u32);

/// A value that may still be filled.
#[derive(Clone, Debug)]
pub enum Node {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Name(Known),
    Dtype(Dtype),
    /// None until its state comes.
    Array(Option<Arc<Array>>),
}

impl Node {
    /// What it is, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Node::None => "None",
            Node::Bool(_) => "a bool",
            Node::Int(_) => "an int",
            Node::Float(_) => "a float",
            Node::Text(_) => "a text",
            Node::Bytes(_) => "bytes",
            Node::List(_) => "a list",
            Node::Tuple(_) => "a tuple",
            Node::Dict(_) => "a dict",
            Node::Name(_) => "a constructor",
            Node::Dtype(_) => "a dtype",
            Node::Array(_) => "an array",
        }
    }
}
