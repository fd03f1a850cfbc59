//! The places that connections have at a witness: few, and nobody keeps one by saying nothing.
//! Where all are taken, a new connection gets that of the oldest one that has not sent its request
//! yet, so that connections that stay idle or dribble hold up nobody.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: Mutex<Taken>,
    /// Told whenever a place becomes free, or one that could be had.
    changed: Condvar,
}

/// Who has a place, in the order of their coming.
#[derive(Debug, Default)]
struct Taken {
    next: u64,
    by: BTreeMap<u64, Holder>,
}

#[derive(Debug)]
struct Holder {
    stream: Arc<TcpStream>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The other side is waited for.
    Waiting,
    /// The request is there, and is being answered.
    Working,
    /// Somebody else waits for the place.
    Leaving,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { most, taken: Mutex::default(), changed: Condvar::new() }
    }

    /// Gives a connection a place, as soon as one can be had.
    pub(super) fn enter(&self, stream: TcpStream) -> Place<'_> {
        let mut taken = self.lock();
        let mut asked = false;
        while taken.by.len() >= self.most {
            asked = asked || taken.ask_the_oldest();
            taken = self.changed.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        let (number, stream) = (taken.next, Arc::new(stream));
        taken.next = number.saturating_add(1);
        taken.by.insert(number, Holder { stream: Arc::clone(&stream), stage: Stage::Waiting });
        Place { places: self, number, stream }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Asks the oldest that is waited for to leave; says whether there is one.
    fn ask_the_oldest(&mut self) -> bool {
        let waiting = |holder: &&mut Holder| holder.stage == Stage::Waiting;
        let Some(oldest) = self.by.values_mut().find(waiting) else { return false };
        oldest.stage = Stage::Leaving;
        // Whoever reads from it wakes up.
        let _ = oldest.stream.shutdown(Shutdown::Read);
        true
    }
}

/// The place of one connection; free again when dropped.
#[derive(Debug)]
pub(super) struct Place<'p> {
    places: &'p Places,
    number: u64,
    stream: Arc<TcpStream>,
}

impl Place<'_> {
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Says whether somebody else waits for this place.
    pub(super) fn must_leave(&self) -> bool {
        let taken = self.places.lock();
        taken.by.get(&self.number).is_none_or(|holder| holder.stage == Stage::Leaving)
    }

    /// The request is there: nobody takes the place until it is answered.
    pub(super) fn works(&self) {
        self.set(Stage::Working);
    }

    /// The answer has left, and what may still come is waited for.
    pub(super) fn waits(&self) {
        self.set(Stage::Waiting);
        self.places.changed.notify_all();
    }

    fn set(&self, stage: Stage) {
        let mut taken = self.places.lock();
        let holder = taken.by.get_mut(&self.number);
        // Who was asked to leave leaves after this answer.
        if let Some(holder) = holder.filter(|holder| holder.stage != Stage::Leaving) {
            holder.stage = stage;
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.places.lock().by.remove(&self.number);
        self.places.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_has_sent_nothing_makes_room_and_who_is_being_answered_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut others = Vec::new();
        let mut come = || {
            others.push(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
            listener.accept().unwrap().0
        };
        let places = Places::new(2);
        let (first, second) = (places.enter(come()), places.enter(come()));
        first.works();
        let third = come();
        std::thread::scope(|scope| {
            let third = scope.spawn(|| places.enter(third));
            // Its end comes without a word from the other side.
            assert_eq!(second.stream().read(&mut [0; 9]).unwrap(), 0);
            assert!(second.must_leave() && !first.must_leave());
            drop(second);
            let third = third.join().unwrap();
            // Nobody is waited for: the next comes in when one is answered, and it is that one.
            third.works();
            let fourth = come();
            let fourth = scope.spawn(|| places.enter(fourth));
            first.waits();
            assert_eq!(first.stream().read(&mut [0; 9]).unwrap(), 0);
            assert!(first.must_leave() && !third.must_leave());
            drop(first);
            fourth.join().unwrap();
        });
    }
}
