use burn::optim::GradientsParams;
use keyface_core::{Motion, Phone};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::schedule::Schedule;
use super::*;
use crate::data::Utterance;
use crate::model::kmtalk::{Fusion, KmTalkConfig, Localization};
use crate::prepare::AudioFeatures;
use crate::space::rig14;

const BAND: usize = 20;

/// Talk that anyone can lip-read: one band is as loud as the jaw is open.
fn talk(seed: u64) -> Utterance {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut clip = Utterance::silence(0);
    while clip.len() < 120 {
        let mut phone = Utterance::silence(rng.random_range(6..16));
        let open: f32 = rng.random_range(0.0..0.8);
        phone.phones.fill(Phone::AA);
        phone.keys = vec![0.0];
        phone.motion.iter_mut().for_each(|motion| motion.0[0] = open);
        phone.powers.iter_mut().for_each(|row| row[BAND] = (10.0 * open).exp());
        clip.append(&phone);
    }
    clip.crop(0, 120)
}

fn choice() -> KmTalkChoice {
    let net = KmTalkConfig {
        width: 16,
        audio_dilations: vec![1],
        key_decoder: true,
        audio_guidance: true,
        fusion: Fusion::Learned,
    };
    KmTalkChoice {
        audio: AudioChoice::Mel,
        features: None,
        batches: 4,
        learning_rate: 5e-3,
        true_keys: (0.5, 0.5),
        velocity: 0.5,
        validate_every: 20,
        localization: Localization::Oracle,
        steps: StageSteps { keys: 40, completion: 20, joint: 40 },
        net,
    }
}

fn pool(device: &Device) -> Pool {
    let crops = |step: u64| (0..4).map(|n| talk(4 * step + n)).collect::<Vec<_>>();
    Pool::new(
        (0..4).map(|step| AudioSource::Mel.material(&crops(step), device).unwrap()).collect(),
        AudioSource::Mel.width(),
    )
}

fn losses(stage: Stage, net: &KmTalk, choice: &KmTalkChoice, pool: &Pool, step: usize) -> crate::loss::Breakdown {
    let device = Device::flex();
    let mut lesson = Staged { stage, choice, valid: &[], seed: 1, device: &device };
    let batch = &pool.batches()[step % pool.batches().len()];
    lesson.losses(net, step, &batch, &device.clone().autodiff()).unwrap()
}

#[test]
fn the_first_stage_teaches_keys_the_second_the_completion_and_the_third_all() {
    let (device, choice) = (Device::flex(), choice());
    let pool = pool(&device);
    let net = choice.net.init(pool.audio_width(), rig14::WIDTH, &device.clone().autodiff());
    let moved = |stage| {
        let gradients = losses(stage, &net, &choice, &pool, 0).total().backward();
        let pose = net.key_decoder.pose.weight.grad(&gradients).is_some();
        let motion = net.completion.motion.weight.grad(&gradients).is_some();
        let audio = net.audio.embed.weight.grad(&gradients).is_some();
        (audio, pose, motion)
    };
    assert_eq!(moved(Stage::Keys), (true, true, false));
    assert_eq!(moved(Stage::Completion), (false, false, true));
    assert_eq!(moved(Stage::Joint), (true, true, true));
}

#[test]
fn training_lowers_the_loss_of_every_stage() {
    let (device, choice) = (Device::flex(), choice());
    let training = device.clone().autodiff();
    let pool = pool(&device);
    let mut net = choice.net.init(pool.audio_width(), rig14::WIDTH, &training);
    for stage in [Stage::Keys, Stage::Completion, Stage::Joint] {
        let (mut descent, steps) = (Descent::averaged(choice.learning_rate), stage.steps(&choice.steps));
        descent.schedule = Schedule::Constant(choice.learning_rate);
        let mut course = vec![];
        for step in 0..steps {
            let loss = losses(stage, &net, &choice, &pool, step).total();
            course.push(loss.clone().into_scalar::<f32>());
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            net = descent.step(net, gradients, step, steps);
        }
        // Over all four batches.
        let (first, last) = (course[..4].iter().sum::<f32>(), course[course.len() - 4..].iter().sum::<f32>());
        assert!(last < 0.97 * first, "{stage:?}: {first} -> {last}");
    }
    let clips = AudioSource::Mel.clips(&[talk(1), talk(2)], &device).unwrap();
    let found = score(&net.valid(), &clips, Localization::Oracle, &device).pooled("RMS");
    let still = KmTalkScore::of(&[vec![Motion::REST; 60], vec![Motion::REST; 60]], &clips).pooled("RMS");
    assert!(found < still.map(|rms| 0.7 * rms), "{found:?} {still:?}");
}

#[test]
fn keys_of_the_labels_are_key_frames_and_shifted_ones_match_within_40_ms() {
    let device = Device::flex();
    let mut clip = Utterance::silence(40);
    clip.keys = vec![4.5, 17.0];
    let clips = AudioSource::Mel.clips(&[clip], &device).unwrap();
    // A step is two hops: 4.5 lies in step 2, 17 in step 8.
    assert_eq!(clips[0].keys.clips(), [vec![2, 8]]);
    let net = choice().net.init(AudioSource::Mel.width(), rig14::WIDTH, &device);
    let f1 = |late| score(&net, &clips, Localization::Shifted(late), &device).key_f1.unwrap();
    assert_eq!((f1(0), f1(2), f1(3)), (1.0, 1.0, 0.0));
}

#[test]
fn stored_features_are_heard_row_for_row_with_the_clips_own_steps() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::flex();
    let clip = Utterance { source: Some(("people".into(), "one".into())), ..Utterance::silence(9) };
    // Four whole steps, and one vector more.
    let values: Vec<f32> = (0..10).map(|v| v as f32).collect();
    let stored = AudioFeatures { encoder: "e".into(), width: 2, values };
    stored.write(&folder.path().join("people__one.safetensors")).unwrap();
    let audio = AudioSource::Stored { folder: folder.path().into(), width: 2 };
    let heard = audio.clips(std::slice::from_ref(&clip), &device).unwrap()[0].features(&device);
    assert_eq!(heard.dims(), [1, 4, 2]);
    assert_eq!(heard.try_into_vec_as::<f32>().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let nameless = Utterance { source: None, ..clip };
    assert!(audio.clips(&[nameless], &device).err().unwrap().to_string().contains("prepared corpus"));
}
