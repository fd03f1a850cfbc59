//! A further framework whose certificate grounds its controls is rows only: an invented one, in
//! `fixtures/frameworks/`, goes through the whole program without a line of code that knows it.

use std::ffi::OsString;
use std::path::Path;

use crate::domain::date::Timestamp;

fn run(folder: &Path, command: &str) -> String {
    let mut args: Vec<OsString> = vec!["dspt".into()];
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            args.push(part.into());
        } else {
            args.extend(part.split_whitespace().map(|word| match word.strip_prefix('@') {
                Some(name) => folder.join(name).into_os_string(),
                None => word.into(),
            }));
        }
    }
    let now = Timestamp::parse("2026-01-05T10:00:00.000Z").unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = super::run(args, now, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(out), text(err));
    assert_eq!(code, 0, "{command}\n{out}\n{err}");
    format!("{out}{err}")
}

#[test]
fn a_certificate_of_a_further_framework_meets_an_item_by_rows_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let write = |name: &str, text: &str| std::fs::write(at.join(name), text).unwrap();
    write("pass", "an invented passphrase\n");
    write("log", "another invented passphrase\n");
    write(
        "controls.csv",
        "id,parent,title,kind\nK,,Firing,theme\nK.1,K,Records of each firing kept,control\n",
    );
    write(
        "mapping.csv",
        "source,relationship,target,rationale\n\
         K.1,superset-of,2025-26-v8/cat2-it-supplier/7.3.5,records cover what the item asks\n",
    );
    let sign = "--keys @k --passphrase-file @pass --log-passphrase-file @log --ledger @l/ledger.dspt \
                --key";
    let init = "init @l --org Acme --type it-supplier --holder Rosa --key rosa --keys @k";
    run(at, &format!("{init} --passphrase-file @pass --log-passphrase-file @log"));
    run(at, "key new lund --keys @k --passphrase-file @pass");
    run(at, &format!("key admit lund --role approver --holder Lund {sign} rosa"));
    run(at, &format!("import framework kiln:1 --file @controls.csv {sign} rosa"));
    let days = "--from 2025-10-01 --until 2026-09-30";
    let certificate = "record certificate 'Kiln Mark:1' --number KM-1 --issuer Example --scope all";
    let said = run(at, &format!("{certificate} {days} {sign} rosa"));
    assert!(said.contains("certificate-recorded Kiln Mark KM-1"), "{said}");
    run(at, &format!("import mapping @mapping.csv --source-framework kiln:1 {sign} rosa"));
    run(at, &format!("approve 7 --all --rationale 'read row by row' {sign} lund"));
    let why = run(at, "explain 7.3.5 --ledger @l/ledger.dspt");
    assert!(why.contains("MET BY EQUIVALENCE"), "{why}");
    assert!(why.contains("Kiln Mark certificate KM-1, in force until 30 Sep 2026"), "{why}");
    let later = run(at, "explain 7.3.5 --at 2026-10-01 --ledger @l/ledger.dspt");
    assert!(later.contains("LAPSED"), "{later}");
}
