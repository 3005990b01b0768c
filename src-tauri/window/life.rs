//! The life of the page: the process behind it can be killed, run out of memory or hang. It is loaded again once; the
//! second time this program ends, and the next wish for a window starts a new one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use engine::command::{AfterFailure, Command};
use tauri::WebviewWindow;
use tokio::sync::Notify;

use crate::bridge::Bridge;

/// A page that has not heard within so long that its window was wanted hears no more. Loading it again loses what is
/// typed in it, so a computer that is merely slow gets its time.
const DEAF: Duration = Duration::from_secs(8);
/// A page that is loaded has so long until it answers first: a busy computer needs many seconds for a web view.
const LOADS: Duration = Duration::from_secs(45);
/// So long the engine may take to write down that the page has failed.
const TOLD: Duration = Duration::from_secs(1);

/// How the page does. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Life(Arc<State>);

#[derive(Debug, Default)]
struct State {
    failures: AtomicU32,
    /// How often it has answered.
    answers: AtomicU64,
    /// It has answered since it was loaded.
    there: AtomicBool,
    answered: Notify,
}

impl Life {
    /// The page has said that it is there.
    pub(super) fn answered(&self) {
        self.0.there.store(true, Ordering::Relaxed);
        self.0.answers.fetch_add(1, Ordering::Relaxed);
        self.0.answered.notify_waiters();
    }

    /// The page was told something that it answers.
    pub(super) fn expect(&self, window: &WebviewWindow, bridge: &Bridge) {
        let (life, window, bridge) = (self.clone(), window.clone(), bridge.clone());
        let before = life.0.answers.load(Ordering::Relaxed);
        tauri::async_runtime::spawn(async move {
            let answered = async {
                loop {
                    let next = life.0.answered.notified();
                    if life.0.answers.load(Ordering::Relaxed) > before {
                        return;
                    }
                    next.await;
                }
            };
            let failures = life.0.failures.load(Ordering::Relaxed);
            let deaf = if life.0.there.load(Ordering::Relaxed) { DEAF } else { LOADS };
            // Whatever has failed meanwhile was dealt with.
            if tokio::time::timeout(deaf, answered).await.is_err()
                && life.0.failures.load(Ordering::Relaxed) == failures
            {
                life.hangs(&window, &bridge);
            }
        });
    }

    /// The page does not answer: its process is ended, which is then seen as any other end.
    #[cfg(target_os = "linux")]
    fn hangs(&self, window: &WebviewWindow, _bridge: &Bridge) {
        use webkit2gtk::WebViewExt;
        let ended = window.with_webview(|view| view.inner().terminate_web_process());
        if let Err(error) = ended {
            tracing::debug!(%error, "the window has gone");
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn hangs(&self, window: &WebviewWindow, bridge: &Bridge) {
        self.failed(window, bridge);
    }

    /// Hears of the end of the page's process.
    #[cfg(target_os = "linux")]
    pub(super) fn watch(
        &self,
        view: &webkit2gtk::WebView,
        window: &WebviewWindow,
        bridge: &Bridge,
    ) {
        use webkit2gtk::WebViewExt;
        let (life, window, bridge) = (self.clone(), window.clone(), bridge.clone());
        view.connect_web_process_terminated(move |_, _| life.failed(&window, &bridge));
    }

    /// The page's process has ended.
    pub(super) fn failed(&self, window: &WebviewWindow, bridge: &Bridge) {
        let next = after(self.0.failures.fetch_add(1, Ordering::Relaxed));
        let (window, bridge, there) = (window.clone(), bridge.clone(), self.0.clone());
        tauri::async_runtime::spawn(async move {
            // This program has no log of its own.
            let told = bridge.ask(Command::WindowFailed { next });
            let _ = tokio::time::timeout(TOLD, told).await;
            match next {
                AfterFailure::Reload => {
                    there.there.store(false, Ordering::Relaxed);
                    if window.reload().is_err() {
                        let _ = window.close();
                    }
                }
                // As a person would, so that the frame is remembered.
                AfterFailure::End => drop(window.close()),
            }
        });
    }
}

/// Hears of the end of the web view's processes. Source: Microsoft, "ICoreWebView2::add_ProcessFailed".
#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "WebView2 is reached through COM alone, and Tauri passes no such news on"
)]
pub(super) fn watch_processes(
    controller: &webview2_com::Microsoft::Web::WebView2::Win32::ICoreWebView2Controller,
    failed: impl Fn() + 'static,
) {
    let handler = webview2_com::ProcessFailedEventHandler::create(Box::new(move |_, _| {
        failed();
        Ok(())
    }));
    let mut token = 0;
    // Safe: the controller lives while its window does, and this runs on that window's thread.
    let watched = unsafe { controller.CoreWebView2() }
        .and_then(|view| unsafe { view.add_ProcessFailed(&handler, &raw mut token) });
    if let Err(error) = watched {
        tracing::debug!(%error, "the web view's processes cannot be watched");
    }
}

/// What follows a failure after so many before.
fn after(failures: u32) -> AfterFailure {
    if failures == 0 { AfterFailure::Reload } else { AfterFailure::End }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_loaded_again_once() {
        assert_eq!(
            [0, 1, 2].map(after),
            [AfterFailure::Reload, AfterFailure::End, AfterFailure::End]
        );
    }
}
