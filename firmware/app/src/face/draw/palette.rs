//! The character's colours: warm skin on a cool backdrop, plum hair, a cream and coral headset.

use super::ink::Ink;

pub const SKY_LIGHT: Ink = Ink::rgb(0xD6EEEA);
pub const SKY_DEEP: Ink = Ink::rgb(0x86BFC2);
pub const SKY_DISC: Ink = Ink::rgb(0xE9F7F3);
pub const SWEATER: Ink = Ink::rgb(0xF4805E);
pub const SWEATER_DEEP: Ink = Ink::rgb(0xDC5F48);
pub const SKIN_LIGHT: Ink = Ink::rgb(0xFFDDBD);
pub const SKIN_SHADE: Ink = Ink::rgb(0xE69F78);
pub const SKIN_DEEP: Ink = Ink::rgb(0xB9674B);
pub const BLUSH: Ink = Ink::rgb(0xF27D6B);
pub const HAIR: Ink = Ink::rgb(0x4A3166);
pub const HAIR_LIGHT: Ink = Ink::rgb(0x7A559B);
pub const HAIR_DEEP: Ink = Ink::rgb(0x35214D);
pub const CREAM: Ink = Ink::rgb(0xFFF8EC);
pub const CREAM_DEEP: Ink = Ink::rgb(0xDCD0C2);
pub const CORAL: Ink = Ink::rgb(0xFF8A66);
pub const CORAL_DEEP: Ink = Ink::rgb(0xE0573F);
pub const EYE_WHITE: Ink = Ink::rgb(0xFFFDFA);
pub const EYE_SHADE: Ink = Ink::rgb(0xCFDDE2);
pub const IRIS_LIGHT: Ink = Ink::rgb(0x5CC9B8);
pub const IRIS: Ink = Ink::rgb(0x1F8A8A);
pub const IRIS_RIM: Ink = Ink::rgb(0x0E4A55);
pub const PUPIL: Ink = Ink::rgb(0x10242C);
pub const LASH: Ink = Ink::rgb(0x35213F);
pub const LIP_UPPER: Ink = Ink::rgb(0xD26A60);
pub const LIP_LOWER: Ink = Ink::rgb(0xE78878);
pub const LIP_SHINE: Ink = Ink::rgb(0xFFC3B2);
pub const LIP_LINE: Ink = Ink::rgb(0x8E3238);
pub const CAVITY: Ink = Ink::rgb(0x5E1722);
pub const CAVITY_DEEP: Ink = Ink::rgb(0x2E0A14);
pub const TOOTH: Ink = Ink::rgb(0xFFFEFA);
pub const TOOTH_SHADE: Ink = Ink::rgb(0xD9CBC9);
pub const TONGUE: Ink = Ink::rgb(0xFF8F9E);
pub const TONGUE_DEEP: Ink = Ink::rgb(0xCF5468);
