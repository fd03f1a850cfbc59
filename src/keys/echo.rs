//! The echo of the terminal, while a passphrase is typed: whoever stops the program there with Ctrl+C
//! finds the terminal as it was.

/// Sees to it that a signal that ends the program gives the terminal its settings back first. Without
/// a terminal, or a thread to wait on, nothing changes.
#[cfg(unix)]
pub(super) fn keep() {
    use std::fs::File;
    use std::sync::Once;
    use std::thread;

    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else { return };
        let Ok(before) = tcgetattr(&terminal) else { return };
        let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
        let waiting = thread::Builder::new().name("passphrase".to_owned()).spawn(move || {
            let signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM]);
            let _ = ready.send(());
            let Ok(mut signals) = signals else { return };
            for signal in signals.forever() {
                let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
                let _ = std::io::Write::write_all(&mut &terminal, b"\n");
                let _ = emulate_default_handler(signal);
            }
        });
        // Without the thread the program ends as it did, and the echo stays off.
        if waiting.is_ok() {
            let _ = is_ready.recv();
        }
    });
}

#[cfg(not(unix))]
pub(super) fn keep() {}
