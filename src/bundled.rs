//! The data that ships, byte for byte: every CSV file under `mappings/`, built into the program.
//! It must never read a value out of them; that is `import`'s work, so nothing of ours is imported.

/// One shipped file.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Where it lies under `mappings/`, with `/` between the parts.
    pub path: &'static str,
    /// What it holds: UTF-8, LF, RFC 4180, header first.
    pub bytes: &'static [u8],
}

/// Names a file once, so that its path and its bytes cannot disagree; a function cannot do this,
/// because `include_bytes!` wants a literal.
macro_rules! bundled {
    ($path:literal) => {
        File { path: $path, bytes: include_bytes!(concat!("../mappings/", $path)) }
    };
}

/// Every shipped file, sorted by path; `mappings/index.csv` says what each one is.
pub const FILES: &[File] = &[
    bundled!("crosswalks-precision.csv"),
    bundled!("crosswalks/iso27001-2013_to_iso27001-2022.csv"),
    bundled!("crosswalks/iso27001-2013_to_nist-800-53-r5.csv"),
    bundled!("crosswalks/ncsc-caf-3.1_to_isa-62443_partial.csv"),
    bundled!("crosswalks/ncsc-caf-3.1_to_iso27001-2013_partial.csv"),
    bundled!("crosswalks/ncsc-caf-3.1_to_nist-csf-1.1.csv"),
    bundled!("crosswalks/ncsc-caf-3.2_to_mixed_secure-by-design_sample.csv"),
    bundled!("crosswalks/nist-800-53-r5_to_iso27001-2013.csv"),
    bundled!("crosswalks/nist-800-53-r5_to_iso27001-2022.csv"),
    bundled!("crosswalks/nist-csf-1.1_to_isa-62443-2-1-2009.csv"),
    bundled!("crosswalks/nist-csf-1.1_to_isa-62443-3-3-2013.csv"),
    bundled!("crosswalks/nist-csf-1.1_to_iso27001-2013.csv"),
    bundled!("crosswalks/nist-csf-1.1_to_nist-800-53-r4.csv"),
    bundled!("crosswalks/nist-csf-1.1_to_nist-800-53-r5.csv"),
    bundled!("crosswalks/nist-csf-1.1_to_nist-csf-2.0_withdrawals.csv"),
    bundled!("crosswalks/nist-csf-2.0_to_iso27001-2022.csv"),
    bundled!("crosswalks/nist-csf-2.0_to_nist-800-53-r5.1.1.csv"),
    bundled!("crosswalks/nist-csf-2.0_to_nist-csf-1.1.csv"),
    bundled!("crosswalks/uk-cyber-governance-code-2025_to_ncsc-caf_partial.csv"),
    bundled!("cyber-essentials-3.1/controls.csv"),
    bundled!("cyber-essentials-3.3/controls.csv"),
    bundled!("dspt-2025-26-v8/audit-scope.csv"),
    bundled!("dspt-2025-26-v8/caf-profile.csv"),
    bundled!("dspt-2025-26-v8/edition.csv"),
    bundled!("dspt-2025-26-v8/exemptions.csv"),
    bundled!("dspt-2025-26-v8/items.csv"),
    bundled!("dspt-2025-26-v8/links.csv"),
    bundled!("dspt-2025-26-v8/organisation-types.csv"),
    bundled!("dspt-editions/editions.csv"),
    bundled!("dspt-editions/exemptions-other.csv"),
    bundled!("dspt-editions/items-fragments.csv"),
    bundled!("dspt-editions/organisation-types.csv"),
    bundled!("dspt-editions/register-counts.csv"),
    bundled!("framework-aliases.csv"),
    bundled!("frameworks.csv"),
    bundled!("index.csv"),
    bundled!("iso27001-2013/controls.csv"),
    bundled!("iso27001-2022/controls.csv"),
    bundled!("iso27001-2022/lineage.csv"),
    bundled!("mcss-2018/controls.csv"),
    bundled!("ncsc-caf-3.2/controls.csv"),
    bundled!("ncsc-caf-3.2/indicators.csv"),
    bundled!("ncsc-caf-3.2/levels.csv"),
    bundled!("ncsc-caf-4.0/changes-from-3.2.csv"),
    bundled!("ncsc-caf-4.0/controls.csv"),
    bundled!("ncsc-caf-4.0/indicators.csv"),
    bundled!("ncsc-caf-4.0/levels.csv"),
    bundled!("nist-800-53-5.2.0/controls.csv"),
    bundled!("nist-csf-1.1/controls.csv"),
    bundled!("nist-csf-2.0/controls.csv"),
    bundled!("nist-csf-2.0/successors.csv"),
    bundled!("proposals/iso27001-2022_to_dspt-2025-26-v8.csv"),
    bundled!("proposals/ncsc-caf-3.2_to_dspt-2025-26-v8.csv"),
    bundled!("proposals/nist-csf-2.0_to_dspt-2025-26-v8.csv"),
    bundled!("schemes.csv"),
    bundled!("ten-steps-2021/controls.csv"),
];

/// Returns the shipped file at `path` (relative to `mappings/`), or `None` where none ships.
pub fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}
