//! The icon as a StatusNotifierItem on the session's D-Bus: no GTK, no main loop, nothing awake while nothing changes.

use ksni::{Category, Icon, MenuItem, OfflineReason, ToolTip, TrayMethods, menu::StandardItem};
use tokio::sync::{mpsc, watch};

use super::{Face, Row, Wish};
use crate::plain;

/// The icon's place, before it is shown.
#[derive(Debug)]
pub(crate) struct Spot(bool);

/// Runs the program; here the tray needs no loop around it.
pub(crate) fn with_main_loop(tray: bool, work: impl FnOnce(Spot) -> u8 + Send + 'static) -> u8 {
    work(Spot(tray))
}

impl Spot {
    /// Shows the icon and follows `faces` until its sender goes. A desktop without trays gets none, or gets it when
    /// one appears.
    pub(crate) async fn begin(
        self,
        mut faces: watch::Receiver<Face>,
        wishes: mpsc::UnboundedSender<Wish>,
    ) {
        if !self.0 {
            return;
        }
        let face = faces.borrow_and_update().clone();
        let item = Item { face, wishes };
        let handle = match item.assume_sni_available(true).spawn().await {
            Ok(handle) => handle,
            Err(error) => {
                tracing::info!(%error, "no tray on this desktop; starting Patchcord again opens its window");
                return;
            }
        };
        tokio::spawn(async move {
            while faces.changed().await.is_ok() {
                let face = faces.borrow_and_update().clone();
                handle.update(|item| item.face = face).await;
            }
            handle.shutdown().await;
        });
    }
}

struct Item {
    face: Face,
    wishes: mpsc::UnboundedSender<Wish>,
}

impl Item {
    fn wish(&self, wish: Wish) {
        // The program may be ending.
        let _ = self.wishes.send(wish);
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "patchcord".to_owned()
    }

    fn title(&self) -> String {
        "Patchcord".to_owned()
    }

    fn category(&self) -> Category {
        Category::Communications
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.wish(Wish::Open);
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        vec![pixels(self.face.icon())]
    }

    fn tool_tip(&self) -> ToolTip {
        // Markup is allowed in the description only; the text may come from outside.
        ToolTip { title: plain::without_tags(&self.face.tool_tip()), ..ToolTip::default() }
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.face
            .menu()
            .into_iter()
            .map(|row| match row {
                Row::Wish(label, wish) => StandardItem {
                    label: label.to_owned(),
                    activate: Box::new(move |item: &mut Self| item.wish(wish)),
                    ..StandardItem::default()
                }
                .into(),
                // An underscore would mark an access key.
                Row::Line(line) => StandardItem {
                    label: line.replace('_', "__"),
                    enabled: false,
                    ..StandardItem::default()
                }
                .into(),
                Row::Separator => MenuItem::Separator,
            })
            .collect()
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        tracing::info!(
            ?reason,
            "no tray on this desktop; starting Patchcord again opens its window"
        );
        true
    }
}

/// Decodes one of our icons to the order of bytes that D-Bus wants.
fn pixels(png: &'static [u8]) -> Icon {
    const OURS: &str = "the icons are built in and tested";
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect(OURS);
    let mut data = vec![0; reader.output_buffer_size().expect(OURS)];
    let found = reader.next_frame(&mut data).expect(OURS);
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    Icon { width: found.width.cast_signed(), height: found.height.cast_signed(), data }
}

#[cfg(test)]
mod tests {
    use engine::ports::TrayShape;

    use super::*;

    #[test]
    fn every_shape_has_an_icon_of_its_own() {
        use TrayShape::{Connected, Idle, NeedsYou, OnCall, Paused, Ringing};
        let icons: Vec<Vec<u8>> = [Connected, Idle, Ringing, OnCall, Paused, NeedsYou]
            .into_iter()
            .map(|shape| {
                let icon = pixels(Face { shape, ..Face::default() }.icon());
                assert_eq!((icon.width, icon.height, icon.data.len()), (32, 32, 32 * 32 * 4));
                icon.data
            })
            .collect();
        for (number, icon) in icons.iter().enumerate() {
            assert!(!icons[..number].contains(icon), "shape {number} looks like another");
        }
    }
}
