//! A screen as a board states it.

use keyface_core::check::Check;
use serde::{Deserialize, Serialize};

/// A screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// How pictures reach it.
    pub kind: DisplayKind,
    /// `auto`, or a device file such as `/dev/dri/card1` or `/dev/fb0`.
    #[serde(default = "auto")]
    pub device: String,
    /// `auto` for the first connector with a screen, or its name such as `HDMI-A-1`; only for `drm`.
    #[serde(default = "auto")]
    pub connector: String,
    /// Width before rotation, 64..=7680; the screen's own, when left out, where a screen has one.
    #[serde(default)]
    pub width_px: Option<u32>,
    /// Height before rotation, 64..=7680; as the width.
    #[serde(default)]
    pub height_px: Option<u32>,
    /// How far the panel is turned, clockwise: 0, 90, 180 or 270; what the kernel knows of it, when left out.
    #[serde(default)]
    pub rotation_deg: Option<u32>,
    /// How a pixel lies in memory.
    #[serde(default)]
    pub format: PixelFormat,
    /// The panel's controller and wires; only for `spi`.
    #[serde(default)]
    pub panel: Option<Panel>,
}

/// How pictures reach a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisplayKind {
    /// A window on the desktop.
    Window,
    /// The kernel's mode setting (DRM/KMS), without a desktop; the frame buffer where there is none.
    Drm,
    /// The kernel's frame buffer device.
    Fbdev,
    /// A small panel on the SPI bus.
    Spi,
    /// Picture files, where there is no screen.
    Pictures,
    /// No face: servos or streams only.
    None,
}

/// How a pixel lies in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelFormat {
    /// What the screen can do, 32 bits first.
    #[default]
    Auto,
    /// 32 bits, the upper eight unused.
    Xrgb8888,
    /// 16 bits: half the traffic to memory, bands in soft shades.
    Rgb565,
}

/// A small panel: its controller, and how it is wired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Which controller drives it.
    pub controller: Controller,
    /// SPI device file, such as `/dev/spidev0.0`.
    pub bus: String,
    /// SPI clock, 1 000 000..=125 000 000.
    pub clock_hz: u32,
    /// GPIO device file of the lines below.
    pub gpio_chip: String,
    /// GPIO line of data/command.
    pub dc_line: u32,
    /// GPIO line of reset; a reset command is sent when left out.
    #[serde(default)]
    pub reset_line: Option<u32>,
    /// GPIO line of the backlight; always lit when left out.
    #[serde(default)]
    pub backlight_line: Option<u32>,
    /// Whether the panel shows colours inverted, as most IPS panels do.
    #[serde(default)]
    pub is_inverted: bool,
    /// Whether the panel shows left and right exchanged, as most ILI9341 panels do.
    #[serde(default)]
    pub is_mirrored: bool,
    /// Order of the colours on the panel.
    #[serde(default)]
    pub color_order: ColorOrder,
    /// Columns of the controller's memory to the left of the panel.
    #[serde(default)]
    pub offset_x_px: u16,
    /// Rows of the controller's memory above the panel.
    #[serde(default)]
    pub offset_y_px: u16,
}

/// A panel's controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the makers'")]
pub enum Controller {
    Gc9a01,
    Ili9341,
    Ili9486,
    Ili9488,
    St7735s,
    St7789,
    St7796,
}

/// Order of the colours on a panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ColorOrder {
    #[default]
    Rgb,
    Bgr,
}

fn auto() -> String {
    "auto".to_owned()
}

impl Display {
    /// Whether this screen shows a face while it speaks.
    pub fn is_live(&self) -> bool {
        !matches!(self.kind, DisplayKind::Pictures | DisplayKind::None)
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let has_size = self.width_px.is_some() && self.height_px.is_some();
        let needs_size = matches!(self.kind, DisplayKind::Window | DisplayKind::Spi);
        let is_side = |side: Option<u32>| side.is_none_or(|px| (64..=7680).contains(&px));
        let is_spi = self.kind == DisplayKind::Spi;
        let panel = if self.panel.is_some() { "given" } else { "missing" };
        let mut checks = vec![
            Check::new("64..=7680 px", is_side(self.width_px), "display.width_px", self.width_px.unwrap_or_default()),
            Check::new(
                "64..=7680 px",
                is_side(self.height_px),
                "display.height_px",
                self.height_px.unwrap_or_default(),
            ),
            Check::new("width and height of this kind of display", has_size || !needs_size, "display.width_px", "none"),
            Check::new("both width and height, or none", has_size || self.is_sizeless(), "display.width_px", "one"),
            Check::new(
                "0, 90, 180 or 270 degrees",
                self.rotation_deg.is_none_or(|deg| [0, 90, 180, 270].contains(&deg)),
                "display.rotation_deg",
                self.rotation_deg.unwrap_or(0),
            ),
            Check::new("a panel exactly for kind `spi`", is_spi == self.panel.is_some(), "display.panel", panel),
        ];
        checks.extend(self.panel.iter().flat_map(Panel::checks));
        checks
    }

    fn is_sizeless(&self) -> bool {
        self.width_px.is_none() && self.height_px.is_none()
    }
}

impl Panel {
    fn checks(&self) -> Vec<Check> {
        let clock = 1_000_000..=125_000_000;
        let is_device = |file: &str| file.starts_with("/dev/");
        vec![
            Check::new("a file below /dev", is_device(&self.bus), "display.panel.bus", &self.bus),
            Check::new("a file below /dev", is_device(&self.gpio_chip), "display.panel.gpio_chip", &self.gpio_chip),
            Check::new(
                "a clock of 1000000..=125000000 Hz",
                clock.contains(&self.clock_hz),
                "display.panel.clock_hz",
                self.clock_hz,
            ),
        ]
    }
}
