//! The operations of protocols 0 to 5, one after the other.

use std::sync::Arc;

use super::build::{build, call};
use super::known::{Known, Refusal};
use super::machine::Machine;
use super::node::{Id, Node};
use super::value::Value;

/// A refusal and where.
#[derive(Debug)]
pub struct Fault {
    /// Byte behind the operation.
    pub at: usize,
    /// What came.
    pub came: Refusal,
}

/// Runs a pickle to its end.
pub fn run(bytes: &[u8]) -> Result<Value, Fault> {
    let mut machine = Machine::new(bytes);
    let came = loop {
        match step(&mut machine) {
            Ok(false) => (),
            Ok(true) => break machine.finish(),
            Err(came) => break Err(came),
        }
    };
    came.map_err(|came| Fault { at: machine.at(), came })
}

/// Does the next operation; true where it was the last.
fn step(machine: &mut Machine) -> Result<bool, Refusal> {
    let [code] = *machine.take(1)? else { return Err("an end in the middle".into()) };
    match code {
        b'.' => return Ok(true),
        // Protocol and frame say nothing that is needed; a buffer stays as it is when it becomes read-only.
        0x80 => _ = machine.take(1)?,
        0x95 => _ = machine.take(8)?,
        0x98 => (),
        b'(' => machine.mark()?,
        b'0' => _ = machine.pop()?,
        b'1' => _ = machine.above_mark()?,
        b'2' => {
            let top = machine.top()?;
            machine.push_again(top)?;
        }
        b'N' => machine.push(Node::None)?,
        0x88 | 0x89 => machine.push(Node::Bool(code == 0x88))?,
        b'I' | b'L' | b'J' | b'K' | b'M' | 0x8a | 0x8b => {
            let number = whole(machine, code)?;
            machine.push(number)?;
        }
        b'F' => {
            let number = ascii(machine.line()?)?.parse().map_err(|_| "a float that is none")?;
            machine.push(Node::Float(number))?;
        }
        b'G' => {
            let bits = machine.take(8)?.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
            machine.push(Node::Float(f64::from_bits(bits)))?;
        }
        b'S' | b'T' | b'U' | b'V' | b'X' | 0x8c | 0x8d | b'B' | b'C' | 0x8e | 0x96 => {
            let text = text(machine, code)?;
            machine.push(text)?;
        }
        b']' | b'}' | b')' | b'l' | b't' | b'd' | 0x85..=0x87 => {
            let container = container(machine, code)?;
            machine.push(container)?;
        }
        b'a' | b'e' | b's' | b'u' => fill(machine, code)?,
        b'p' | b'q' | b'r' | 0x94 => {
            let key = memo_key(machine, code)?;
            machine.memoize(key)?;
        }
        b'g' | b'h' | b'j' => {
            let key = memo_key(machine, code)?.ok_or("no number")?;
            let id = machine.recall(key)?;
            machine.push_again(id)?;
        }
        b'c' | 0x93 => {
            let known = global(machine, code)?;
            machine.push(Node::Name(known))?;
        }
        b'R' => {
            let (arguments, constructor) = (machine.pop()?, machine.pop()?);
            let made = call(machine, constructor, arguments)?;
            machine.push(made)?;
        }
        b'b' => {
            let (state, target) = (machine.pop()?, machine.top()?);
            build(machine, target, state)?;
        }
        other => return Err(refused(machine, other)),
    }
    Ok(false)
}

/// An operation that makes objects of any class names it, where the class stands beside it.
fn refused(machine: &mut Machine, code: u8) -> Refusal {
    let mut line = || machine.line().map(|line| String::from_utf8_lossy(line).into_owned());
    match code {
        b'i' => match (line(), line()) {
            (Ok(module), Ok(name)) => format!("an object of the class {module}.{name}, which is refused"),
            _ => "an end in the middle".into(),
        },
        b'o' | 0x81 | 0x92 => "an object of a class, which is refused".into(),
        b'P' | b'Q' => "a persistent object, which is refused".into(),
        0x82..=0x84 => "an object of the extension registry, which is refused".into(),
        0x97 => "a buffer that lies outside the file".into(),
        other => format!("the operation 0x{other:02x}, which is refused"),
    }
}

fn ascii(line: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(line).map(str::trim).map_err(|_| "a number that is no text".into())
}

fn whole(machine: &mut Machine, code: u8) -> Result<Node, Refusal> {
    let parse = |text: &str| text.parse().map(Node::Int).map_err(|_| format!("the whole number {:.40?}", text));
    match code {
        b'J' => Ok(Node::Int(i64::from(machine.number(4)? as u32 as i32))),
        b'K' => Ok(Node::Int(machine.number(1)? as i64)),
        b'M' => Ok(Node::Int(machine.number(2)? as i64)),
        0x8a | 0x8b => {
            let bytes = machine.sized(if code == 0x8a { 1 } else { 4 })?;
            let is_negative = bytes.last().is_some_and(|top| top & 0x80 != 0);
            let mut wide = if is_negative { [0xff; 8] } else { [0; 8] };
            wide.get_mut(..bytes.len()).ok_or("a whole number of more than 64 bits")?.copy_from_slice(bytes);
            Ok(Node::Int(i64::from_le_bytes(wide)))
        }
        _ => match ascii(machine.line()?)? {
            // Protocols 0 and 1 write truth so.
            "01" if code == b'I' => Ok(Node::Bool(true)),
            "00" if code == b'I' => Ok(Node::Bool(false)),
            line => parse(line.strip_suffix('L').unwrap_or(line)),
        },
    }
}

fn text(machine: &mut Machine, code: u8) -> Result<Node, Refusal> {
    let node = match code {
        b'S' => of_python_2(&unescape(machine.line()?)?),
        b'U' => of_python_2(machine.sized(1)?),
        b'T' => of_python_2(machine.sized(4)?),
        b'V' => Node::Text(raw_unicode(machine.line()?)?.into()),
        b'X' => utf8(machine.sized(4)?)?,
        0x8c => utf8(machine.sized(1)?)?,
        0x8d => utf8(machine.sized(8)?)?,
        b'C' => Node::Bytes(machine.sized(1)?.into()),
        b'B' => Node::Bytes(machine.sized(4)?.into()),
        _ => Node::Bytes(machine.sized(8)?.into()),
    };
    if let Node::Text(text) = &node {
        machine.pay(text.len())?;
    }
    Ok(node)
}

/// What Python 2 called a string: text where it is ASCII, bytes otherwise.
fn of_python_2(bytes: &[u8]) -> Node {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Node::Text(text.into()),
        _ => Node::Bytes(bytes.into()),
    }
}

/// UTF-8, with Python's lone surrogates refused.
fn utf8(bytes: &[u8]) -> Result<Node, Refusal> {
    std::str::from_utf8(bytes).map(|text| Node::Text(Arc::from(text))).map_err(|_| "text that is no UTF-8".into())
}

/// Python 2's way to print a string, with its quotes.
fn unescape(line: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (first, last) = (line.first().copied(), line.last().copied());
    if line.len() < 2 || first != last || !matches!(first, Some(b'\'' | b'"')) {
        return Err("a string without its quotes".into());
    }
    let mut rest = &line[1..line.len() - 1];
    let mut out = Vec::with_capacity(rest.len());
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let [kind, after @ ..] = rest else { return Err("a string that ends in a backslash".into()) };
        rest = after;
        out.push(match kind {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'x' => {
                let (digits, after) = rest.split_at_checked(2).ok_or("a cut escape")?;
                rest = after;
                u8::try_from(hex(digits)?).map_err(|_| "a cut escape")?
            }
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
                let octal =
                    rest[..more].iter().fold(u32::from(kind - b'0'), |n, digit| 8 * n + u32::from(digit - b'0'));
                rest = &rest[more..];
                octal as u8
            }
            other => *other,
        });
    }
    Ok(out)
}

/// Latin-1 with `\u` and `\U` for what is beyond it.
fn raw_unicode(line: &[u8]) -> Result<String, Refusal> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let [byte, after @ ..] = rest {
        rest = after;
        let width = match (byte, rest.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                out.push(char::from(*byte));
                continue;
            }
        };
        let (digits, after) = rest[1..].split_at_checked(width).ok_or("a cut escape")?;
        rest = after;
        out.push(char::from_u32(hex(digits)?).ok_or("an escape that is no character")?);
    }
    Ok(out)
}

fn hex(digits: &[u8]) -> Result<u32, Refusal> {
    let digit = |n: u32, byte: &u8| char::from(*byte).to_digit(16).map(|digit| n << 4 | digit);
    digits.iter().try_fold(0, digit).ok_or_else(|| "an escape that is no number".into())
}

fn container(machine: &mut Machine, code: u8) -> Result<Node, Refusal> {
    Ok(match code {
        b']' => Node::List(vec![]),
        b'}' => Node::Dict(vec![]),
        b')' => Node::Tuple(vec![]),
        b'l' => Node::List(machine.above_mark()?),
        b't' => Node::Tuple(machine.above_mark()?),
        b'd' => Node::Dict(pairs(machine.above_mark()?)?),
        _ => {
            let mut items = (0x85..=code).map(|_| machine.pop()).collect::<Result<Vec<_>, _>>()?;
            items.reverse();
            Node::Tuple(items)
        }
    })
}

fn pairs(items: Vec<Id>) -> Result<Vec<(Id, Id)>, Refusal> {
    let (pairs, rest) = items.as_chunks::<2>();
    if rest.is_empty() { Ok(pairs.iter().map(|[key, of]| (*key, *of)).collect()) } else { Err("a key alone".into()) }
}

/// Puts what lies on top into the list or the dict below it.
fn fill(machine: &mut Machine, code: u8) -> Result<(), Refusal> {
    let items = match code {
        b'a' => vec![machine.pop()?],
        b's' => {
            let (of, key) = (machine.pop()?, machine.pop()?);
            vec![key, of]
        }
        _ => machine.above_mark()?,
    };
    machine.pay(items.len() * size_of::<Id>())?;
    let target = machine.top()?;
    match (machine.node_mut(target), code) {
        (Node::List(list), b'a' | b'e') => list.extend(items),
        (Node::Dict(dict), b's' | b'u') => dict.extend(pairs(items)?),
        (other, _) => return Err(format!("items for {}", other.kind())),
    }
    Ok(())
}

fn memo_key(machine: &mut Machine, code: u8) -> Result<Option<u64>, Refusal> {
    Ok(Some(match code {
        b'p' | b'g' => ascii(machine.line()?)?.parse().map_err(|_| "a place in the memo that is no number")?,
        b'q' | b'h' => machine.number(1)?,
        b'r' | b'j' => machine.number(4)?,
        _ => return Ok(None),
    }))
}

fn global(machine: &mut Machine, code: u8) -> Result<Known, Refusal> {
    if code == b'c' {
        let [module, name] = [machine.line()?, machine.line()?].map(String::from_utf8_lossy);
        return Known::find(module.trim(), name.trim());
    }
    let (name, module) = (machine.pop()?, machine.pop()?);
    let (name, module) = (machine.text(name)?, machine.text(module)?);
    Known::find(&module, &name)
}
