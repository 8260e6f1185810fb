//! A glTF 2.0 binary head with ARKit shapes in, its bodies out: the primitives of the first mesh, with float positions,
//! sparse or not.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::body::{Body, V3, luma};
use crate::gltf::{FLOAT, Gltf};

/// The kind of primitive that is made of triangles, which is also meant where none is named.
const TRIANGLES: u64 = 4;
/// What a body is whose file tells no colour.
const WHITE: [f64; 3] = [1.0; 3];

/// A file that has been read but not looked through.
pub struct Glb<'a>(Gltf<'a>);

impl Glb<'_> {
    /// Takes a file apart.
    ///
    /// # Errors
    /// What is not a whole glTF.
    pub fn parse(bytes: &[u8]) -> Result<Glb<'_>> {
        Ok(Glb(Gltf::parse(bytes, None)?))
    }

    /// How many bodies it has.
    pub fn bodies(&self) -> usize {
        self.0.json["meshes"][0]["primitives"].as_array().map_or(0, Vec::len)
    }

    /// The body of a number, in metres.
    ///
    /// # Errors
    /// A body without shapes and their names, or one whose numbers do not fit together.
    pub fn body(&self, number: usize) -> Result<Body> {
        let mesh = &self.0.json["meshes"][0];
        let primitive = &mesh["primitives"][number];
        let material = primitive["material"].as_u64().map_or(&Value::Null, |at| &self.0.json["materials"][at as usize]);
        let names = mesh["extras"]["targetNames"].as_array().context("expected names of the shapes, found none")?;
        let targets = primitive["targets"].as_array().context("expected shapes, found none")?;
        let shapes = names.iter().zip(targets).map(|(name, target)| {
            Ok((name.as_str().unwrap_or_default().to_owned(), self.vectors(&target["POSITION"])?))
        });
        let shapes: Vec<_> = shapes.collect::<Result<_>>()?;
        let points = self.vectors(&primitive["attributes"]["POSITION"])?;
        ensure!(shapes.iter().all(|(_, moves)| moves.len() == points.len()), "expected shapes as long as the mesh");
        Ok(Body {
            shapes,
            triangles: self.triangles(primitive, points.len())?,
            greys: self.greys(primitive, material, points.len())?,
            // By the order of heads in files: skin first, then what is within.
            is_skin: vec![number == 0; points.len()],
            is_two_sided: material["doubleSided"] == true,
            points,
        })
    }

    fn triangles(&self, primitive: &Value, points: usize) -> Result<Vec<[u32; 3]>> {
        let is_triangles = primitive.get("mode").is_none_or(|mode| *mode == TRIANGLES);
        ensure!(is_triangles, "expected a mesh of single triangles, came mode {}", primitive["mode"]);
        let indices: Vec<u32> = match primitive.get("indices") {
            Some(index) => self.0.numbers(self.0.accessor(index)?, 1)?.into_iter().map(|x| x as u32).collect(),
            None => (0..points as u32).collect(),
        };
        ensure!(indices.iter().all(|at| (*at as usize) < points), "expected triangles over {points} points");
        Ok(indices.as_chunks::<3>().0.to_vec())
    }

    /// Of the points' own colours, else of the material's: files count in light, films in what a screen is sent.
    fn greys(&self, primitive: &Value, material: &Value, points: usize) -> Result<Vec<f64>> {
        let base = material["pbrMetallicRoughness"]["baseColorFactor"].as_array();
        let base =
            base.map_or(WHITE, |rgba| std::array::from_fn(|k| rgba.get(k).and_then(Value::as_f64).unwrap_or(1.0)));
        let Some(index) = primitive["attributes"].get("COLOR_0") else {
            return Ok(vec![luma(base.map(coded)); points]);
        };
        let accessor = self.0.accessor(index)?;
        let width = if accessor["type"] == "VEC4" { 4 } else { 3 };
        let colours = self.0.shares(accessor, width)?;
        ensure!(colours.len() == width * points, "expected a colour for each of {points} points");
        let grey = |rgb: &[f64]| luma(std::array::from_fn(|k| coded(base[k] * rgb[k])));
        Ok(colours.chunks_exact(width).map(grey).collect())
    }

    /// An accessor of three floats each.
    fn vectors(&self, index: &Value) -> Result<Vec<V3>> {
        let accessor = self.0.accessor(index)?;
        ensure!(accessor["componentType"] == FLOAT && accessor["type"] == "VEC3", "expected float vectors of three");
        let vectors = self.0.numbers(accessor, 3)?;
        ensure!(vectors.iter().all(|x| x.is_finite()), "expected finite positions, came one that is not a number");
        Ok(vectors.as_chunks::<3>().0.to_vec())
    }
}

/// A share of light as a screen is sent it.
fn coded(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
pub mod testing {
    use crate::gltf::testing::binary;

    /// Upper lip at 1 mm, lower lip at 0; `jawOpen` drops the lower by 20 mm (sparse), `mouthFunnel` moves both by 5 mm
    /// forward, so that both are lips. One triangle has both and the upper again.
    pub fn head() -> Vec<u8> {
        let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let mut bin = floats(&[0.0, 0.001, 0.0, 0.0, 0.0, 0.0]);
        bin.extend(floats(&[0.0, 0.0, 0.005, 0.0, 0.0, 0.005]));
        bin.extend(floats(&[0.0, -0.020, 0.0]));
        bin.extend([1, 0, 1, 0, 0, 0, 0, 0]);
        let json = serde_json::json!({
            "meshes": [{
                "extras": { "targetNames": ["mouthFunnel", "jawOpen"] },
                "primitives": [{
                    "attributes": { "POSITION": 0 }, "indices": 3, "material": 0,
                    "targets": [{ "POSITION": 1 }, { "POSITION": 2 }],
                }]
            }],
            "materials": [{ "pbrMetallicRoughness": { "baseColorFactor": [0.214, 0.214, 0.214, 1.0] } }],
            "accessors": [
                { "bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 2 },
                { "bufferView": 0, "byteOffset": 24, "componentType": 5126, "type": "VEC3", "count": 2 },
                { "componentType": 5126, "type": "VEC3", "count": 2, "sparse": {
                    "count": 1,
                    "indices": { "bufferView": 1, "byteOffset": 12, "componentType": 5123 },
                    "values": { "bufferView": 1 }
                } },
                { "bufferView": 1, "byteOffset": 14, "componentType": 5121, "type": "SCALAR", "count": 3 }
            ],
            "bufferViews": [{ "byteLength": 48 }, { "byteOffset": 48, "byteLength": 20 }]
        });
        binary(&json, &bin)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::head;
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        Glb::parse(bytes).and_then(|file| file.body(0)).err().unwrap().to_string()
    }

    #[test]
    fn a_body_has_its_shapes_triangles_and_colour() {
        let bytes = head();
        let file = Glb::parse(&bytes).unwrap();
        let body = file.body(0).unwrap();
        assert_eq!((file.bodies(), body.shapes[1].0.as_str()), (1, "jawOpen"));
        assert!((body.shapes[1].1[1][1] + 0.020).abs() < 1e-8 && body.shapes[1].1[0] == [0.0; 3]);
        assert_eq!((body.triangles.as_slice(), body.is_two_sided), (&[[1, 0, 0]][..], false));
        // A fifth of the light is half of what a screen is sent.
        assert!((body.greys[0] - 0.5).abs() < 1e-3, "{}", body.greys[0]);
    }

    #[test]
    fn a_cut_file_is_refused() {
        let bytes = head();
        let error = refused(&bytes[..bytes.len() - 20]);
        assert!(error.contains("cut"), "{error}");
    }

    #[test]
    fn a_position_that_is_no_number_is_refused() {
        let mut bytes = head();
        // The last value of the sparse move of `jawOpen`, before eight bytes of indices.
        let at = bytes.len() - 12;
        bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        let error = refused(&bytes);
        assert!(error.contains("finite"), "{error}");
    }

    #[test]
    fn a_triangle_over_points_that_are_not_there_is_refused() {
        let mut bytes = head();
        let at = bytes.len() - 6;
        bytes[at] = 2;
        let error = refused(&bytes);
        assert!(error.contains("over 2 points"), "{error}");
    }
}
