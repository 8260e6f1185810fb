//! What the names that a pickle may use make: arrays, dtypes, numbers, bytes.

use std::sync::Arc;

use super::known::{Known, Refusal};
use super::machine::Machine;
use super::node::{Id, Node};
use crate::papers::numpy::{Array, Dtype};

/// Calls a constructor with a tuple of arguments.
pub fn call(machine: &mut Machine, constructor: Id, arguments: Id) -> Result<Node, Refusal> {
    let (Node::Name(known), Node::Tuple(arguments)) = (machine.node(constructor), machine.node(arguments)) else {
        return Err("a call of something that is no constructor".into());
    };
    let (known, arguments) = (*known, arguments.clone());
    match (known, &arguments[..]) {
        (Known::Reconstruct, [class, _, _]) if matches!(machine.node(*class), Node::Name(Known::NdArray)) => {
            Ok(Node::Array(None))
        }
        (Known::Dtype, [name, ..]) => dtype(machine, *name),
        (Known::Encode, [text] | [text, _]) => Ok(Node::Bytes(machine.latin_1(*text)?)),
        (Known::Scalar, [dtype, bytes]) => scalar(machine, *dtype, *bytes),
        (Known::FromBuffer, [buffer, dtype, shape, order]) => {
            let is_fortran = matches!(machine.node(*order), Node::Text(order) if order.as_ref() == "F");
            array(machine, *shape, *dtype, is_fortran, *buffer)
        }
        _ => Err(format!("a call of {known:?} with {} arguments, which is refused", arguments.len())),
    }
}

/// Gives an empty array or a dtype its state.
pub fn build(machine: &mut Machine, target: Id, state: Id) -> Result<(), Refusal> {
    let Node::Tuple(state) = machine.node(state) else {
        return Err(format!("{} as a state", machine.node(state).kind()));
    };
    let built = match (machine.node(target), &state[..]) {
        (Node::Dtype(dtype), [_, order, ..]) => {
            let dtype = *dtype;
            let order = machine.text(*order)?;
            Node::Dtype(dtype.ordered(&order))
        }
        (Node::Array(None), [_, shape, dtype, order, data]) => {
            let (shape, dtype, order, data) = (*shape, *dtype, *order, *data);
            let is_fortran = matches!(machine.node(order), Node::Bool(true) | Node::Int(1));
            array(machine, shape, dtype, is_fortran, data)?
        }
        (other, _) => return Err(format!("a state for {}", other.kind())),
    };
    machine.replace(target, built);
    Ok(())
}

fn dtype(machine: &mut Machine, name: Id) -> Result<Node, Refusal> {
    let name = machine.text(name)?;
    Dtype::parse(&name).map(Node::Dtype).ok_or_else(|| format!("the dtype {name:?}, which is refused"))
}

fn scalar(machine: &mut Machine, dtype: Id, bytes: Id) -> Result<Node, Refusal> {
    let Node::Dtype(dtype) = *machine.node(dtype) else { return Err("a scalar without a dtype".into()) };
    let bytes = machine.latin_1(bytes)?;
    if bytes.len() != dtype.width() {
        return Err(format!("{} bytes for a scalar of {}", bytes.len(), dtype.width()));
    }
    Ok(Node::Float(dtype.value(&bytes)))
}

fn array(machine: &mut Machine, shape: Id, dtype: Id, is_fortran: bool, data: Id) -> Result<Node, Refusal> {
    let Node::Dtype(dtype) = *machine.node(dtype) else { return Err("an array without a dtype".into()) };
    let Node::Tuple(shape) = machine.node(shape) else { return Err("an array without a shape".into()) };
    let axis = |id: &Id| match machine.node(*id) {
        Node::Int(length) => usize::try_from(*length).map_err(|_| format!("an axis of {length}")),
        other => Err(format!("{} as an axis", other.kind())),
    };
    let shape = shape.iter().map(axis).collect::<Result<_, _>>()?;
    let data = machine.latin_1(data)?;
    machine.pay(data.len())?;
    Ok(Node::Array(Some(Arc::new(Array::new(shape, dtype, is_fortran, data.to_vec())?))))
}
