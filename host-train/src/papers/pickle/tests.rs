//! Pickles as `pickle.dumps({"anna": numpy.array([[1, 2], [3, -4]], "<f4")}, protocol)` of numpy 2.4 writes them.

use super::*;

const PROTOCOLS: [&[u8]; 6] = [
    b"(dp0\nVanna\np1\ncnumpy._core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\nc_codecs\nencode\np5\n(Vb\np6\nVlatin1\np7\ntp8\nRp9\ntp10\nRp11\n(I1\n(I2\nI2\ntp12\ncnumpy\ndtype\np13\n(Vf4\np14\nI00\nI01\ntp15\nRp16\n(I3\nV<\np17\nNNNI-1\nI-1\nI0\ntp18\nbI00\ng5\n(V\\u0000\\u0000\x80?\\u0000\\u0000\\u0000@\\u0000\\u0000@@\\u0000\\u0000\x80\xc0\np19\ng7\ntp20\nRp21\ntp22\nbs.",
    b"}q\x00X\x04\x00\x00\x00annaq\x01cnumpy._core.multiarray\n_reconstruct\nq\x02(cnumpy\nndarray\nq\x03(K\x00tq\x04c_codecs\nencode\nq\x05(X\x01\x00\x00\x00bq\x06X\x06\x00\x00\x00latin1q\x07tq\x08Rq\ttq\nRq\x0b(K\x01(K\x02K\x02tq\x0ccnumpy\ndtype\nq\r(X\x02\x00\x00\x00f4q\x0eI00\nI01\ntq\x0fRq\x10(K\x03X\x01\x00\x00\x00<q\x11NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x12bI00\nh\x05(X\x13\x00\x00\x00\x00\x00\xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80\xc3\x80q\x13h\x07tq\x14Rq\x15tq\x16bs.",
    b"\x80\x02}q\x00X\x04\x00\x00\x00annaq\x01cnumpy._core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85q\x04c_codecs\nencode\nq\x05X\x01\x00\x00\x00bq\x06X\x06\x00\x00\x00latin1q\x07\x86q\x08Rq\t\x87q\nRq\x0b(K\x01K\x02K\x02\x86q\x0ccnumpy\ndtype\nq\rX\x02\x00\x00\x00f4q\x0e\x89\x88\x87q\x0fRq\x10(K\x03X\x01\x00\x00\x00<q\x11NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x12b\x89h\x05X\x13\x00\x00\x00\x00\x00\xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80\xc3\x80q\x13h\x07\x86q\x14Rq\x15tq\x16bs.",
    b"\x80\x03}q\x00X\x04\x00\x00\x00annaq\x01cnumpy._core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85q\x04C\x01bq\x05\x87q\x06Rq\x07(K\x01K\x02K\x02\x86q\x08cnumpy\ndtype\nq\tX\x02\x00\x00\x00f4q\n\x89\x88\x87q\x0bRq\x0c(K\x03X\x01\x00\x00\x00<q\rNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb\x89C\x10\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80\xc0q\x0ftq\x10bs.",
    b"\x80\x04\x95\xa5\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x04anna\x94\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x02K\x02\x86\x94h\x05\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x10\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80\xc0\x94t\x94bs.",
    b"\x80\x05\x95\x90\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x04anna\x94\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80\xc0\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x02\x86\x94\x8c\x01C\x94t\x94R\x94s.",
];

/// A float, a number, a tuple, an array in Fortran order and of big-endian numbers, and a text, in protocol 4.
const MIXED: &[u8] = b"\x80\x04\x953\x01\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01s\x94\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\x94\x93\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bC\x08\x00\x00\x00\x00\x00\x00\xe0?\x94\x86\x94R\x94\x8c\x01i\x94h\x04h\x07\x8c\x02i2\x94\x89\x88\x87\x94R\x94(K\x03h\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bC\x02\xfe\xff\x94\x86\x94R\x94\x8c\x01t\x94(\x88N\x8a\x06\x00\x00\x00\x00\x00\x01J\xfd\xff\xff\xfft\x94\x8c\x01f\x94h\x02\x8c\x0c_reconstruct\x94\x93\x94h\x05\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x02K\x02\x86\x94h\x07\x8c\x02i2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x88C\x08\x00\x01\x00\x03\x00\x02\x00\x04\x94t\x94b\x8c\x01n\x94\x8c\x02\xc3\xbc\x94u.";

fn refusal(bytes: &[u8]) -> String {
    parse_pickle(bytes, "a.pkl").unwrap_err().to_string()
}

#[test]
fn an_array_comes_out_of_every_protocol() {
    for (protocol, bytes) in PROTOCOLS.iter().enumerate() {
        let value = parse_pickle(bytes, "a").unwrap();
        let array = value.get("anna").unwrap().array().unwrap();
        assert_eq!((array.shape(), array.floats()), (&[2, 2][..], vec![1.0, 2.0, 3.0, -4.0]), "protocol {protocol}");
    }
}

#[test]
fn scalars_orders_and_byte_orders_are_read() {
    let value = parse_pickle(MIXED, "a").unwrap();
    assert_eq!(value.get("s"), Some(&Value::Float(0.5)));
    assert_eq!(value.get("i"), Some(&Value::Float(-2.0)));
    assert_eq!(value.get("f").unwrap().indices().unwrap(), [1, 2, 3, 4]);
    assert_eq!(value.get("n").unwrap().text().unwrap(), "ü");
    let Some(Value::Tuple(items)) = value.get("t") else { panic!("{value:?}") };
    assert_eq!(items[..], [Value::Bool(true), Value::None, Value::Int(1 << 40), Value::Int(-3)]);
}

#[test]
fn strings_of_python_2_are_latin_1() {
    // As Python 2 writes {'F1': array([1., -2.], dtype=float32)} in protocol 0: the data is a printed string.
    let bytes =
        b"(dp0\nS'F1'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\nS'b'\np5\n\
        tp6\nRp7\n(I1\n(I2\ntp8\ncnumpy\ndtype\np9\n(S'f4'\np10\nI0\nI1\ntp11\nRp12\n(I3\nS'<'\np13\nNNNI-1\nI-1\nI0\n\
        tp14\nbI00\nS'\\x00\\x00\\x80?\\x00\\x00\\x00\\xc0'\np15\ntp16\nbs.";
    let value = parse_pickle(bytes, "a").unwrap();
    assert_eq!(value.get("F1").unwrap().array().unwrap().floats(), [1.0, -2.0]);
    // Protocol 2: a short string that is no ASCII.
    assert_eq!(parse_pickle(b"\x80\x02U\x02\xfc!.", "a").unwrap().text().unwrap(), "ü!");
    assert_eq!(parse_pickle(b"S'a\\'\\n\\101'\n.", "a").unwrap().text().unwrap(), "a'\nA");
}

#[test]
fn a_global_that_is_not_numpys_is_refused_by_name() {
    assert!(refusal(b"cos\nsystem\n(S'true'\ntR.").contains("the global os.system, which is refused"));
    assert!(refusal(b"\x80\x04\x8c\x02os\x8c\x06system\x93.").contains("os.system"));
    assert!(refusal(b"(iposix\nsystem\n.").contains("posix.system"));
    assert!(refusal(b"cnumpy\nload\n.").contains("numpy.load"));
    assert!(refusal(b"cchumpy.ch\nCh\n.").contains("chumpy.ch.Ch"));
    assert!(refusal(b"\x80\x02)\x81.").contains("an object of a class"));
    let error = refusal(b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00O8K\x00K\x01\x87R.");
    assert!(error.contains("a.pkl, byte") && error.contains("the dtype \"O8\""), "{error}");
}

#[test]
fn a_list_in_itself_and_a_deep_nest_are_refused() {
    assert!(refusal(b"]q\x00h\x00a.").contains("nested deeper"));
    let deep = [vec![b']'; 100_000], vec![b'a'; 99_999], vec![b'.']].concat();
    assert!(refusal(&deep).contains("nested deeper"));
}

#[test]
fn a_value_that_doubles_itself_runs_out_of_its_allowance() {
    // Each list holds the one before ten times: 10^30 values out of 500 bytes.
    let mut bomb = b"]q\x000".to_vec();
    for n in 0..30u8 {
        bomb.extend([b']', b'(']);
        bomb.extend([b'h', n].repeat(10));
        bomb.extend([b'e', b'q', n + 1, b'0']);
    }
    bomb.extend([b'h', 30, b'.']);
    assert!(refusal(&bomb).contains("more values than"), "{}", refusal(&bomb));
}

#[test]
fn what_is_cut_off_is_an_error_at_every_byte() {
    for bytes in PROTOCOLS.iter().chain([&MIXED]) {
        for end in 0..bytes.len() {
            assert!(parse_pickle(&bytes[..end], "a").is_err(), "{end}");
        }
    }
}
