//! What a pickle holds, when it has been read.

use std::sync::Arc;

use crate::papers::numpy::Array;

/// A value; text of Python 2 that is not plain ASCII is bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A float, also numpy's.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A dict, in its order.
    Dict(Vec<(Value, Value)>),
    /// An array of numpy's.
    Array(Arc<Array>),
}

impl Value {
    /// What it is, in Python's words.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "a bool",
            Value::Int(_) => "an int",
            Value::Float(_) => "a float",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "a list",
            Value::Tuple(_) => "a tuple",
            Value::Dict(_) => "a dict",
            Value::Array(_) => "an array",
        }
    }

    /// Text, also of Python 2.
    pub fn text(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.to_string()),
            Value::Bytes(bytes) => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
            _ => None,
        }
    }

    /// A whole number of 0 or more.
    pub fn index(&self) -> Option<usize> {
        match self {
            Value::Int(number) => usize::try_from(*number).ok(),
            Value::Float(number) if *number >= 0.0 && number.fract() == 0.0 => Some(*number as usize),
            _ => None,
        }
    }

    /// Pairs of a dict; `None` where it is none.
    pub fn pairs(&self) -> Option<&[(Value, Value)]> {
        match self {
            Value::Dict(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value under a key of a dict.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let has_key = |(name, _): &&(Value, Value)| match name {
            Value::Text(text) => text.as_ref() == key,
            Value::Bytes(bytes) => bytes.as_ref() == key.as_bytes(),
            _ => false,
        };
        // A later pair replaces an earlier one of the same key.
        Some(&self.pairs()?.iter().rev().find(has_key)?.1)
    }

    /// An array of numpy's.
    pub fn array(&self) -> Option<&Array> {
        match self {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }

    /// Whole numbers of 0 or more: of an array, a list or a tuple.
    pub fn indices(&self) -> Option<Vec<usize>> {
        match self {
            Value::Array(array) => array.indices(),
            Value::List(items) | Value::Tuple(items) => items.iter().map(Value::index).collect(),
            _ => None,
        }
    }
}
