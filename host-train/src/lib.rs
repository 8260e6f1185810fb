//! Keyface's trainer: from a corpus to a shipped model.
//!
//! # The walk of a clip
//! 1. A [`corpus`] of sound and alignments is read, or spoken by the system's voices: [`clip::Clip`]s with their phones.
//! 2. Rules make the motion that such speech has ([`truth`]), and the front end of the device its features: a clip is
//!    prepared once ([`prepare`]) and stays on disk.
//! 3. While [`train`]ing, crops of what a speaker says are drawn, spoiled and laid side by side ([`data`]); the
//!    [`model`]s answer, [`loss`]es follow, and one loop moves the weights.
//! 4. The best checkpoint is searched for its decoder, lowered to 8 bits and written as ONNX ([`ship`], [`export`]); the
//!    device's own code must say what the trainer's says.
//! 5. The model is scored on speech that it never heard ([`evaluate`]) by one [`judge`], and against other recipes
//!    ([`ablation`]).
//!
//! Beside it: readers of lips that judge and guide ([`expert`]) through a differentiable [`render`]er; the papers'
//! corpora, spaces and baselines ([`papers`]); one person's face ([`personal`]).
//!
//! # Words
//! *Clip*: one recording with its phones, words and speaker. *Utterance*: a clip or a part of it as training hears it.
//! *Crop*: as many hops of an utterance as a batch takes. *Truth*: the motion by the rules; *captured*: that of a camera.
//! *Experiment*: the file that says everything about a training; *recipe*: an experiment and what rows change of it.
//! *Run*: a training's folder. *Lesson*: what a network learns from a batch, and by which scores. *Held out*: speakers of
//! the training split who choose checkpoint and decoder; *unheard*: those whom neither training nor search hears. *Listener*:
//! a network that has the whole utterance; *student*: one that ships; *teacher*: layers above the student's trunk. *Expert*:
//! a network that reads lips; *animator*: one that makes motion. *Space* ([`space`]): what a motion is made of, the rig's
//! 14 channels (`rig14`) or a corpus' mesh.
#![deny(unsafe_op_in_unsafe_fn)]
#![recursion_limit = "256"]

pub mod ablation;
pub mod clip;
pub mod corpus;
pub mod data;
pub mod evaluate;
pub mod expert;
pub mod export;
pub mod gltf;
pub mod judge;
pub mod loss;
pub mod model;
pub mod papers;
pub mod personal;
pub mod plot;
pub mod prepare;
pub mod render;
pub mod ship;
pub mod space;
pub mod train;
pub mod trained_on;
pub mod truth;
pub mod tune;
pub mod variants;
