//! The certification schemes that exemptions speak of.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::bad_ref::BadRef;

/// A certification scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// ISO/IEC 27001.
    Iso27001,
    /// Cyber Essentials, self-assessed level. It frees no item.
    CyberEssentials,
    /// Cyber Essentials Plus.
    CyberEssentialsPlus,
    /// Public Services Network compliance.
    PsnIa,
    /// `NHSmail` as the only mail service.
    Nhsmail,
}

impl Scheme {
    /// All schemes, in the order that lists show them.
    pub const ALL: [Self; 5] = [
        Self::Iso27001,
        Self::CyberEssentials,
        Self::CyberEssentialsPlus,
        Self::PsnIa,
        Self::Nhsmail,
    ];

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iso27001 => "iso27001",
            Self::CyberEssentials => "cyber-essentials",
            Self::CyberEssentialsPlus => "cyber-essentials-plus",
            Self::PsnIa => "psn-ia",
            Self::Nhsmail => "nhsmail",
        }
    }

    /// Returns the name that people use.
    pub fn label(self) -> &'static str {
        match self {
            Self::Iso27001 => "ISO/IEC 27001",
            Self::CyberEssentials => "Cyber Essentials",
            Self::CyberEssentialsPlus => "Cyber Essentials Plus",
            Self::PsnIa => "PSN IA",
            Self::Nhsmail => "NHSmail",
        }
    }

    /// Returns the article before the name that people use.
    pub fn article(self) -> &'static str {
        match self {
            Self::Iso27001 | Self::Nhsmail => "an",
            Self::CyberEssentials | Self::CyberEssentialsPlus | Self::PsnIa => "a",
        }
    }
}

impl FromStr for Scheme {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected:
                "a scheme: iso27001, cyber-essentials, cyber-essentials-plus, psn-ia or nhsmail",
        })
    }
}
