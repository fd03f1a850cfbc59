//! Time-stamps, the whole way round with an authority that the test makes with OpenSSL: request,
//! response, attach, verify. Where there is no OpenSSL the test says so and checks that alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dspt_ledger::verify::timestamp::{Openssl, TokenFault, openssl_verify};

use crate::commands::cli::Desk;
use crate::commands::cli_proofs::head;
use crate::project::left_out::there_is;

const CONFIG: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = Test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[stamps]
default_policy = 1.2.3.4.1
digests = sha256
serial = FOLDER/serial
signer_digest = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

/// A certification authority with a time-stamping key, made for one test.
pub(crate) struct Authority {
    folder: PathBuf,
}

fn openssl(args: &[&str]) -> bool {
    let output = Command::new("openssl").args(args).env("LC_ALL", "C").output().unwrap();
    if !output.status.success() {
        eprintln!("openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

impl Authority {
    pub(crate) fn new(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let made = Self { folder };
        let config = CONFIG.replace("FOLDER", &made.path("."));
        fs::write(made.path("config"), config).unwrap();
        fs::write(made.path("serial"), "01\n").unwrap();
        let p = |name: &str| made.path(name);
        let new = ["-newkey", "rsa:2048", "-nodes", "-config", &p("config")];
        let ca = ["-x509", "-days", "30", "-extensions", "ca", "-subj", "/CN=Test root"];
        let files = ["-keyout", &p("ca.key"), "-out", &p("ca.pem")];
        assert!(openssl(&[&["req"][..], &new, &ca, &files].concat()));
        let files =
            ["-subj", "/CN=Test authority", "-keyout", &p("tsa.key"), "-out", &p("tsa.csr")];
        assert!(openssl(&[&["req"][..], &new, &files].concat()));
        assert!(openssl(&[
            "x509",
            "-req",
            "-in",
            &p("tsa.csr"),
            "-CA",
            &p("ca.pem"),
            "-CAkey",
            &p("ca.key"),
            "-set_serial",
            "2",
            "-days",
            "30",
            "-extfile",
            &p("config"),
            "-extensions",
            "tsa",
            "-out",
            &p("tsa.pem"),
        ]));
        made
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    pub(crate) fn answer(&self, request: &str, response: &str) {
        assert!(openssl(&[
            "ts",
            "-reply",
            "-config",
            &self.path("config"),
            "-section",
            "stamps",
            "-queryfile",
            request,
            "-signer",
            &self.path("tsa.pem"),
            "-inkey",
            &self.path("tsa.key"),
            "-out",
            response,
        ]));
    }
}

fn missing() -> bool {
    !there_is("openssl", "version")
}

#[test]
fn a_head_is_dated_recorded_and_checked() {
    if missing() {
        return;
    }
    let desk = Desk::new();
    let authority = Authority::new(desk.path("authority"));
    let (tsq, tsr) =
        (desk.path("h.tsq").display().to_string(), desk.path("h.tsr").display().to_string());
    let data = desk.path("h.checkpoint").display().to_string();
    let asked = format!("timestamp request --out {tsq} --checkpoint-out {data}");
    let done = desk.run("2026-11-21", &asked).ok();
    assert!(done.out.contains("curl -H") && done.out.contains(&tsr), "{}", done.out);
    assert_eq!(fs::read_to_string(&data).unwrap(), head(&desk));
    assert_eq!(fs::read(&tsq).unwrap().len(), 59);
    authority.answer(&tsq, &tsr);
    // The ledger has moved on meanwhile; the head is found by the imprint. It is recorded on a day
    // that the authority, which has the clock of this machine, has not passed.
    desk.owner("2026-11-21", "record answer 1.1.1 --text registered").ok();
    let attach = format!("--json timestamp attach {tsr} --authority 'Test authority'");
    let done = desk.owner("2090-01-02", &attach).ok();
    assert!(done.err.contains("was not checked"), "{}", done.err);
    assert_eq!(done.json()["first"], 6);
    let again = desk.owner("2090-01-02", &attach).ok().json();
    assert_eq!((&again["first"], &again["replayed"]), (&6.into(), &true.into()));
    desk.run("2090-01-02", "verify").ok();
    let list = desk.run("2090-01-02", "--json anchor list").ok().json();
    let one = &list["anchors"][0];
    assert_eq!(
        (&one["kind"], &one["size"], &one["counts"]),
        (&"authority".into(), &5.into(), &false.into())
    );
    let ca = authority.path("ca.pem");
    let done = desk.run("2090-01-02", &format!("timestamp verify 6 --ca {ca}")).ok();
    assert!(done.out.contains("good: 5 entries were there at 20"), "{}", done.out);
    assert!(done.out.contains("says Test authority"), "{}", done.out);
    let json =
        desk.run("2090-01-02", &format!("--json timestamp verify --all --ca {ca}")).ok().json();
    assert_eq!((&json["answer"], &json["checked"][0]["at"]), (&"yes".into(), &one["at"]));
    // What is given back is what standard tools take.
    let out = desk.path("out").display().to_string();
    desk.run("2090-01-02", &format!("anchor export 6 --out {out}")).ok();
    let (data, token) = (format!("{out}/6.checkpoint"), format!("{out}/6.tsr"));
    assert_eq!(fs::read(&token).unwrap(), fs::read(&tsr).unwrap());
    assert!(openssl(&["ts", "-verify", "-data", &data, "-in", &token, "-CAfile", &ca]));
    refusals(&desk, &authority, Path::new(&data), Path::new(&token));
}

/// What is not the authority's, or cannot be checked, is not taken for good.
fn refusals(desk: &Desk, authority: &Authority, data: &Path, token: &Path) {
    let (checkpoint, token) = (fs::read(data).unwrap(), fs::read(token).unwrap());
    let other = Authority::new(desk.path("other"));
    let (ours, theirs) = (authority.path("ca.pem"), other.path("ca.pem"));
    let foreign = desk.run("2090-01-02", &format!("timestamp verify --all --ca {theirs}"));
    assert_eq!(foreign.code, 1, "{}", foreign.err);
    assert!(
        foreign.out.contains("NOT GOOD") && foreign.out.contains("certificate"),
        "{}",
        foreign.out
    );
    let under = |ca: &Path, checkpoint: &[u8], token: &[u8]| {
        let with = Openssl { program: Path::new("openssl"), ca, untrusted: None };
        openssl_verify(&with, checkpoint, token)
    };
    let check = |checkpoint: &[u8], token: &[u8]| under(Path::new(&ours), checkpoint, token);
    assert_eq!(check(&checkpoint, &token), Ok(()));
    let is_refused = |outcome| matches!(outcome, Err(TokenFault::Refused(_)));
    assert!(is_refused(check(&checkpoint[1..], &token)));
    // The signature stands at the end.
    for at in [token.len() - 1, token.len() - 100, token.len() / 2] {
        let mut bad = token.clone();
        bad[at] ^= 1;
        assert!(is_refused(check(&checkpoint, &bad)), "{at}");
    }
    assert!(is_refused(check(&checkpoint, &token[..token.len() - 1])));
    assert!(is_refused(check(&checkpoint, b"")));
    let passphrase = desk.path("passphrase");
    for ca in [Path::new("/nonexistent"), &passphrase] {
        assert!(matches!(under(ca, &checkpoint, &token), Err(TokenFault::NotRun(_))));
    }
    let none = format!("timestamp verify --all --ca {ours} --openssl /nonexistent/openssl");
    let none = desk.run("2090-01-02", &none);
    assert_eq!(none.code, 4);
    assert!(none.err.contains("DSPT0076") && none.err.contains("install OpenSSL"), "{}", none.err);
    // A response about something else is not recorded.
    let (elsewhere, tsq) = (Desk::new(), desk.path("e.tsq").display().to_string());
    let data = desk.path("e.checkpoint").display().to_string();
    elsewhere
        .run("2090-01-02", &format!("timestamp request --out {tsq} --checkpoint-out {data}"))
        .ok();
    let tsr = desk.path("e.tsr").display().to_string();
    authority.answer(&tsq, &tsr);
    let entries = desk.entries();
    let foreign = desk.owner("2090-01-02", &format!("timestamp attach {tsr} --authority A"));
    assert_eq!(foreign.code, 3);
    assert!(foreign.err.contains("DSPT0074"), "{}", foreign.err);
    assert_eq!(desk.owner("2090-01-02", &format!("timestamp attach {data} --authority A")).code, 3);
    assert_eq!(desk.entries(), entries, "a refusal wrote something");
}

#[test]
fn nothing_to_check_is_not_a_yes() {
    let desk = Desk::new();
    let file = desk.path("passphrase").display().to_string();
    let none = desk.run("2090-01-02", &format!("timestamp verify --all --ca {file}"));
    assert_eq!(none.code, 1);
    assert!(none.out.contains("that is not a yes"), "{}", none.out);
    assert_eq!(desk.run("2090-01-02", &format!("timestamp verify 1 --ca {file}")).code, 1);
    assert_eq!(desk.run("2090-01-02", &format!("timestamp verify --ca {file}")).code, 2);
}
