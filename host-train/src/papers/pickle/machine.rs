//! The stack machine: memory, limits, and what it hands out at the end.

use std::collections::HashMap;
use std::sync::Arc;

use super::known::Refusal;
use super::node::{Id, Node};
use super::value::Value;

/// Lists in lists, as deep as any corpus has them and no deeper.
const DEEPEST: usize = 32;
/// What may be held beside four times the file.
const ALLOWANCE: usize = 64 << 20;
/// What a node is reckoned to cost.
const NODE: usize = 2 * size_of::<Node>();

/// Input, arena, stack, marks and memo.
pub struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

impl<'a> Machine<'a> {
    /// At the beginning of a pickle.
    pub fn new(bytes: &'a [u8]) -> Self {
        let left = bytes.len().saturating_mul(4).saturating_add(ALLOWANCE);
        Machine { bytes, at: 0, left, nodes: vec![], stack: vec![], marks: vec![], memo: HashMap::new() }
    }

    /// Byte behind the last operation.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The one value that is left at the end.
    pub fn finish(&mut self) -> Result<Value, Refusal> {
        let id = self.pop()?;
        if !self.stack.is_empty() {
            return Err("more than one value".into());
        }
        self.value(id, 0)
    }

    /// Takes memory from what is left.
    pub fn pay(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(bytes).ok_or("more values than a file of this size may hold")?;
        Ok(())
    }

    /// The next bytes of the input.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, _) = self.bytes[self.at..].split_at_checked(count).ok_or("an end in the middle")?;
        self.at += count;
        Ok(taken)
    }

    /// A number of so many bytes, the lowest first.
    pub fn number(&mut self, width: usize) -> Result<u64, Refusal> {
        Ok(self.take(width)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Bytes behind a number that tells how many.
    pub fn sized(&mut self, width: usize) -> Result<&'a [u8], Refusal> {
        let count = self.number(width)?;
        self.take(usize::try_from(count).map_err(|_| "a length beyond all files")?)
    }

    /// The rest of the line.
    pub fn line(&mut self) -> Result<&'a [u8], Refusal> {
        let end = self.bytes[self.at..].iter().position(|byte| *byte == b'\n').ok_or("an end in the middle")?;
        Ok(&self.take(end + 1)?[..end])
    }

    /// A new node on the stack.
    pub fn push(&mut self, node: Node) -> Result<(), Refusal> {
        self.pay(NODE)?;
        let id = Id(u32::try_from(self.nodes.len()).map_err(|_| "too many values")?);
        self.nodes.push(node);
        self.stack.push(id);
        Ok(())
    }

    /// A known node on the stack once more.
    pub fn push_again(&mut self, id: Id) -> Result<(), Refusal> {
        self.pay(size_of::<Id>())?;
        self.stack.push(id);
        Ok(())
    }

    /// The top of the stack, not below the last mark.
    pub fn pop(&mut self) -> Result<Id, Refusal> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("a value from an empty stack".into());
        }
        self.stack.pop().ok_or_else(|| "a value from an empty stack".into())
    }

    /// The top of the stack, which stays there.
    pub fn top(&self) -> Result<Id, Refusal> {
        self.stack.last().copied().ok_or_else(|| "a value from an empty stack".into())
    }

    /// Remembers how high the stack is.
    pub fn mark(&mut self) -> Result<(), Refusal> {
        self.pay(size_of::<usize>())?;
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Everything above the last mark.
    pub fn above_mark(&mut self) -> Result<Vec<Id>, Refusal> {
        let mark = self.marks.pop().ok_or("a list without a beginning")?;
        self.pay(self.stack.len().saturating_sub(mark) * size_of::<Id>())?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// Remembers the top of the stack.
    pub fn memoize(&mut self, key: Option<u64>) -> Result<(), Refusal> {
        self.pay(64)?;
        let (key, id) = (key.unwrap_or(self.memo.len() as u64), self.top()?);
        self.memo.insert(key, id);
        Ok(())
    }

    /// What was remembered.
    pub fn recall(&self, key: u64) -> Result<Id, Refusal> {
        self.memo.get(&key).copied().ok_or_else(|| format!("number {key} of the memo, which is empty"))
    }

    /// A node of the arena.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The same, to be filled.
    pub fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// Another node in its place.
    pub fn replace(&mut self, id: Id, node: Node) {
        self.nodes[id.0 as usize] = node;
    }

    /// A node as bytes; of text, one byte for each character.
    pub fn latin_1(&mut self, id: Id) -> Result<Arc<[u8]>, Refusal> {
        let text = match self.node(id) {
            Node::Bytes(bytes) => return Ok(bytes.clone()),
            Node::Text(text) => text.clone(),
            other => return Err(format!("{} instead of bytes", other.kind())),
        };
        self.pay(text.len())?;
        let byte = |c: char| u8::try_from(c).map_err(|_| format!("the character {c:?} instead of a byte"));
        text.chars().map(byte).collect()
    }

    /// A node as text.
    pub fn text(&mut self, id: Id) -> Result<String, Refusal> {
        let bytes = self.latin_1(id)?;
        self.pay(bytes.len())?;
        Ok(bytes.iter().map(|byte| char::from(*byte)).collect())
    }

    /// What a node has become.
    fn value(&mut self, id: Id, depth: usize) -> Result<Value, Refusal> {
        if depth > DEEPEST {
            return Err(format!("values nested deeper than {DEEPEST}"));
        }
        self.pay(size_of::<Value>())?;
        let items = |machine: &mut Self, ids: Vec<Id>| -> Result<Vec<Value>, Refusal> {
            machine.pay(ids.len() * size_of::<Id>())?;
            ids.into_iter().map(|id| machine.value(id, depth + 1)).collect()
        };
        Ok(match self.node(id) {
            Node::None => Value::None,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(number) => Value::Int(*number),
            Node::Float(number) => Value::Float(*number),
            Node::Text(text) => Value::Text(text.clone()),
            Node::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Node::Array(Some(array)) => Value::Array(array.clone()),
            Node::List(ids) => {
                let ids = ids.clone();
                Value::List(items(self, ids)?)
            }
            Node::Tuple(ids) => {
                let ids = ids.clone();
                Value::Tuple(items(self, ids)?)
            }
            Node::Dict(pairs) => {
                let pairs = pairs.clone();
                self.pay(pairs.len() * size_of::<(Id, Id)>())?;
                let pair = |(key, of): (Id, Id)| Ok((self.value(key, depth + 1)?, self.value(of, depth + 1)?));
                Value::Dict(pairs.into_iter().map(pair).collect::<Result<_, Refusal>>()?)
            }
            other @ (Node::Name(_) | Node::Dtype(_) | Node::Array(None)) => {
                return Err(format!("{} as a value", other.kind()));
            }
        })
    }
}
