//! The icon as Tauri shows it, with Tauri's main loop around the program.

use tauri::{
    AppHandle, RunEvent, Wry,
    image::Image,
    menu::{Menu, MenuBuilder, MenuItemBuilder},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};
use tokio::sync::{mpsc, watch};

use super::{Face, Row, Wish};

/// The icon's place, before it is shown.
#[derive(Debug)]
pub(crate) struct Spot(Option<AppHandle>);

/// Returns what the build put in: the page, its policy and permissions. Once, so that it is in each program once.
pub fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Runs the program on a thread of its own, and the system's main loop here, where it has to be.
pub(crate) fn with_main_loop(tray: bool, work: impl FnOnce(Spot) -> u8 + Send + 'static) -> u8 {
    if !tray {
        return work(Spot(None));
    }
    let app = match tauri::Builder::default().build(context()) {
        Ok(app) => app,
        Err(error) => {
            crate::logging::say(&format!(
                "the desktop cannot be used: {error}; `patchcord run --headless` needs none"
            ));
            return 1;
        }
    };
    #[cfg(target_os = "macos")]
    let mut app = app;
    // No place in the Dock for what lives in the menu bar.
    #[cfg(target_os = "macos")]
    app.set_activation_policy(tauri::ActivationPolicy::Accessory);
    let handle = app.handle().clone();
    let worker = std::thread::spawn(move || {
        let code = work(Spot(Some(handle.clone())));
        handle.exit(i32::from(code));
    });
    let code = app.run_return(|_, event| {
        #[cfg(target_os = "macos")]
        if let RunEvent::Opened { urls } = &event {
            crate::links::opened(urls);
        }
        // There is no window here; only the end of the work ends the loop.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    let failed = worker.join().is_err();
    if failed { 1 } else { u8::try_from(code).unwrap_or(1) }
}

impl Spot {
    /// Shows the icon and follows `faces` until its sender goes.
    pub(crate) async fn begin(
        self,
        mut faces: watch::Receiver<Face>,
        wishes: mpsc::UnboundedSender<Wish>,
    ) {
        let Some(app) = self.0 else { return };
        tokio::spawn(async move {
            let mut shown: Option<TrayIcon> = None;
            loop {
                let face = faces.borrow_and_update().clone();
                let result = match &shown {
                    None => create(&app, &face, &wishes).map(|icon| shown = Some(icon)),
                    Some(icon) => change(icon, &app, &face),
                };
                if let Err(error) = result {
                    tracing::warn!(%error, "the tray icon could not be shown");
                }
                if faces.changed().await.is_err() {
                    return;
                }
            }
        });
    }
}

fn create(
    app: &AppHandle,
    face: &Face,
    wishes: &mpsc::UnboundedSender<Wish>,
) -> tauri::Result<TrayIcon> {
    let (on_menu, on_icon) = (wishes.clone(), wishes.clone());
    TrayIconBuilder::with_id("patchcord")
        .icon(Image::from_bytes(face.icon())?)
        .tooltip(face.tool_tip())
        .menu(&menu(app, face)?)
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(move |_, event| {
            let wish = match event.id().as_ref() {
                "Open" => Wish::Open,
                "Settings" => Wish::Settings,
                "Pause" => Wish::Pause,
                "Resume" => Wish::Resume,
                "Quit" => Wish::Quit,
                _ => return,
            };
            // The program may be ending.
            let _ = on_menu.send(wish);
        })
        .on_tray_icon_event(move |_, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                let _ = on_icon.send(Wish::Open);
            }
        })
        .build(app)
}

fn change(icon: &TrayIcon, app: &AppHandle, face: &Face) -> tauri::Result<()> {
    icon.set_icon(Some(Image::from_bytes(face.icon())?))?;
    icon.set_tooltip(Some(face.tool_tip()))?;
    icon.set_menu(Some(menu(app, face)?))
}

fn menu(app: &AppHandle, face: &Face) -> tauri::Result<Menu<Wry>> {
    let mut menu = MenuBuilder::new(app);
    for row in face.menu() {
        menu = match row {
            Row::Wish(label, wish) => menu.text(format!("{wish:?}"), label),
            // An ampersand would mark an access key.
            Row::Line(line) => {
                menu.item(&MenuItemBuilder::new(line.replace('&', "&&")).enabled(false).build(app)?)
            }
            Row::Separator => menu.separator(),
        };
    }
    menu.build()
}
