//! The page that a browser gets: its files by their paths. Nothing of it comes from elsewhere.

use std::borrow::Cow;
use std::sync::LazyLock;

use keyface_core::head::Head;

use crate::head::glb;

/// What a page may do: use this service, and read the models that are dropped on it.
pub const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' blob: data:; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// Whether it is compressed as it lies here.
    pub is_gzip: bool,
    body: Body,
}

#[derive(Debug, PartialEq, Eq)]
enum Body {
    Text(&'static str),
    Bytes(&'static [u8]),
    /// Made when it is first asked for.
    Head,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! text {
    ($path:literal, $kind:expr, $file:literal) => {
        File { path: $path, kind: $kind, is_gzip: false, body: Body::Text(include_str!(concat!("../../page/", $file))) }
    };
}

static FILES: [File; 12] = [
    text!("/", HTML, "index.html"),
    text!("/page.css", CSS, "page.css"),
    text!("/page.js", SCRIPT, "page.js"),
    text!("/session.js", SCRIPT, "session.js"),
    text!("/microphone.js", SCRIPT, "microphone.js"),
    text!("/pcm.js", SCRIPT, "pcm.js"),
    text!("/rig.js", SCRIPT, "rig.js"),
    text!("/drawn.js", SCRIPT, "drawn.js"),
    text!("/head.js", SCRIPT, "head.js"),
    text!("/three.LICENSE", "text/plain; charset=utf-8", "vendor/three.LICENSE"),
    File {
        path: "/three.js",
        kind: SCRIPT,
        is_gzip: true,
        body: Body::Bytes(include_bytes!("../../page/vendor/three.js.gz")),
    },
    File { path: "/head.glb", kind: "model/gltf-binary", is_gzip: false, body: Body::Head },
];

static HEAD: LazyLock<Vec<u8>> = LazyLock::new(|| glb(&Head::new()));

impl File {
    /// The file at exactly this path.
    pub fn at(path: &str) -> Option<&'static File> {
        FILES.iter().find(|file| file.path == path)
    }

    /// What is in it.
    pub fn body(&self) -> Cow<'static, [u8]> {
        match self.body {
            Body::Text(text) => text.as_bytes().into(),
            Body::Bytes(bytes) => bytes.into(),
            Body::Head => HEAD.as_slice().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_nothing_that_it_does_not_have() {
        let scripts = FILES.iter().filter(|file| file.kind == SCRIPT && !file.is_gzip).chain(File::at("/"));
        for file in scripts {
            let text = String::from_utf8(file.body().into_owned()).unwrap();
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", file.path);
            for name in text.split(['"', '\'']).filter(|word| word.ends_with(".js") || word.ends_with(".css")) {
                let path = format!("/{}", name.trim_start_matches("./"));
                assert!(File::at(&path).is_some(), "{} names {name}", file.path);
            }
        }
    }

    #[test]
    fn three_js_is_compressed_and_small_and_its_licence_lies_beside_it() {
        let three = File::at("/three.js").unwrap();
        let body = three.body();
        assert!(three.is_gzip && body.starts_with(&[0x1f, 0x8b]) && body.len() < 200_000, "{}", body.len());
        assert!(File::at("/three.LICENSE").unwrap().body().starts_with(b"The MIT License"));
    }
}
