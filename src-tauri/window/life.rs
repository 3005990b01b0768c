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
#[cfg(windows)]
use webview2_com::{
    Microsoft::Web::WebView2::Win32::{
        COREWEBVIEW2_PROCESS_FAILED_KIND, COREWEBVIEW2_PROCESS_FAILED_KIND_BROWSER_PROCESS_EXITED,
        COREWEBVIEW2_PROCESS_FAILED_KIND_RENDER_PROCESS_EXITED, ICoreWebView2Controller,
    },
    ProcessFailedEventHandler,
};

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

    /// Nothing is there any more that could load the page again.
    #[cfg(windows)]
    pub(super) fn ended(&self, window: &WebviewWindow, bridge: &Bridge) {
        self.0.failures.fetch_max(1, Ordering::Relaxed);
        self.failed(window, bridge);
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

/// What the end of one of the web view's processes means for the page.
#[cfg(windows)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Loading it again brings it back.
    Page,
    /// The web view has closed itself, and loads nothing any more.
    View,
}

/// Says what has been lost. What is not named here is brought back by WebView2 itself, or is busy: a page that
/// answers no more is noticed by that.
///
/// Source: Microsoft, "COREWEBVIEW2_PROCESS_FAILED_KIND".
#[cfg(windows)]
fn loss(kind: COREWEBVIEW2_PROCESS_FAILED_KIND) -> Option<Loss> {
    match kind {
        COREWEBVIEW2_PROCESS_FAILED_KIND_RENDER_PROCESS_EXITED => Some(Loss::Page),
        COREWEBVIEW2_PROCESS_FAILED_KIND_BROWSER_PROCESS_EXITED => Some(Loss::View),
        _ => None,
    }
}

/// Hears of the end of the web view's processes. Source: Microsoft, "ICoreWebView2::add_ProcessFailed".
#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "WebView2 is reached through COM alone, and Tauri passes no such news on"
)]
pub(super) fn watch_processes(controller: &ICoreWebView2Controller, lost: impl Fn(Loss) + 'static) {
    let handler = ProcessFailedEventHandler::create(Box::new(move |_, news| {
        let mut kind = COREWEBVIEW2_PROCESS_FAILED_KIND::default();
        if let Some(news) = news {
            // Safe: the kind is written before the call returns.
            unsafe { news.ProcessFailedKind(&raw mut kind) }?;
            if let Some(what) = loss(kind) {
                lost(what);
            }
        }
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

    #[cfg(windows)]
    #[test]
    fn only_the_page_s_own_process_and_the_browser_s_cost_the_page() {
        let kinds = (0..10).map(COREWEBVIEW2_PROCESS_FAILED_KIND);
        let lost: Vec<_> = kinds.filter_map(|kind| Some((kind.0, loss(kind)?))).collect();
        assert_eq!(lost, [(0, Loss::View), (1, Loss::Page)]);
    }
}
