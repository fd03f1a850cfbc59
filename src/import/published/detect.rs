//! Which publisher's file some bytes are, told by what they hold and never by a name.

use std::str::FromStr;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::ids::BadRef;

/// The forms of publishers' files that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// OSCAL `mapping-collection` in JSON.
    OscalMapping,
    /// OSCAL `catalog` in JSON.
    OscalCatalog,
    /// Another OSCAL document in JSON.
    OscalOther,
    /// OSCAL in XML.
    OscalXml,
    /// A JSON schema.
    JsonSchema,
    /// MITRE's mappings of techniques to controls.
    Techniques,
    /// Other JSON.
    Json,
    /// Other XML.
    Xml,
    /// A CISO Assistant library of mappings.
    CisoMapping,
    /// A CISO Assistant library of a framework.
    CisoFramework,
    /// CAF as `WebCAF` has it.
    WebCaf,
    /// Other YAML.
    Yaml,
    /// The public register of DSPT assessments.
    Register,
    /// A zip file, such as a workbook.
    Zip,
}

impl Form {
    /// The forms that a mapping can be read from, with the word for each on the command line.
    pub const MAPPINGS: [(&'static str, Self); 2] =
        [("oscal", Self::OscalMapping), ("ciso", Self::CisoMapping)];

    /// What such a file is, for people.
    pub fn what(self) -> &'static str {
        match self {
            Self::OscalMapping => "an OSCAL mapping collection (JSON)",
            Self::OscalCatalog => "an OSCAL catalogue of controls (JSON)",
            Self::OscalOther => "an OSCAL document (JSON) that is neither catalogue nor mapping",
            Self::OscalXml => "an OSCAL document in XML",
            Self::JsonSchema => "a JSON schema: the form of other files, with no data in it",
            Self::Techniques => "a mapping of attack techniques to controls (JSON)",
            Self::Json => "JSON of no form that is known here",
            Self::Xml => "XML of no form that is known here",
            Self::CisoMapping => "a CISO Assistant library of mappings (YAML)",
            Self::CisoFramework => "a CISO Assistant library of a framework (YAML)",
            Self::WebCaf => "the Cyber Assessment Framework as WebCAF has it (YAML)",
            Self::Yaml => "YAML of no form that is known here",
            Self::Register => "a download of the public register of DSPT assessments (CSV)",
            Self::Zip => "a workbook, or another zip file",
        }
    }

    /// What to do with such a file where it cannot be read.
    pub fn advice(self) -> &'static str {
        match self {
            Self::OscalMapping | Self::CisoMapping => {
                "it holds mappings; import it with: dspt import mapping FILE"
            }
            Self::OscalCatalog | Self::CisoFramework | Self::WebCaf => {
                "it lists a framework's controls and maps nothing; the frameworks that ship are \
                 adopted with: dspt import framework FRAMEWORK:RELEASE, others from a controls.csv"
            }
            Self::OscalOther => {
                "profiles, plans and components relate no two frameworks; a mapping collection does"
            }
            Self::OscalXml => "publishers give the same out as JSON; take that file",
            Self::JsonSchema => "take a file that is made to it",
            Self::Techniques => {
                "`protects` is no relationship between requirements, so nothing can follow from it \
                 here"
            }
            Self::Json | Self::Xml | Self::Yaml => {
                "mappings are read from OSCAL mapping collections in JSON, CISO Assistant libraries \
                 in YAML and CSV with the columns source, relationship, target (docs/import.md)"
            }
            Self::Register => {
                "it says who published which standing, and is evidence of nobody's controls; record \
                 what your own organisation published with: dspt statement publish"
            }
            Self::Zip => "save the sheet as \"CSV UTF-8\" and import that",
        }
    }
}

impl FromStr for Form {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let word = text.trim().to_ascii_lowercase();
        let found = Self::MAPPINGS.into_iter().find(|(known, _)| *known == word);
        found.map(|(_, form)| form).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "a form of mapping files: oscal or ciso",
        })
    }
}

/// How much of a text is looked at for words that only some forms have.
const START: usize = 64 * 1024;

/// Returns the form; none for a table or a text of another kind, which its own reader judges.
pub fn form_of(bytes: &[u8]) -> Option<Form> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(Form::Zip);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let body = bytes.get(first..)?;
    match body.first()? {
        b'{' => Some(json(body)),
        b'<' => Some(xml(body)),
        _ => text(body),
    }
}

/// The keys that tell JSON documents apart. Whatever stands under them is read past.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Top {
    #[serde(rename = "mapping-collection")]
    mapping: Option<IgnoredAny>,
    catalog: Option<IgnoredAny>,
    profile: Option<IgnoredAny>,
    #[serde(rename = "component-definition")]
    component: Option<IgnoredAny>,
    #[serde(rename = "system-security-plan")]
    plan: Option<IgnoredAny>,
    #[serde(rename = "assessment-plan")]
    assessment: Option<IgnoredAny>,
    #[serde(rename = "assessment-results")]
    results: Option<IgnoredAny>,
    #[serde(rename = "plan-of-action-and-milestones")]
    milestones: Option<IgnoredAny>,
    #[serde(rename = "$schema")]
    schema: Option<IgnoredAny>,
    mapping_objects: Option<IgnoredAny>,
}

fn json(body: &[u8]) -> Form {
    // A document that breaks off is still told by the word that it begins with.
    let Ok(top) = serde_json::from_slice::<Top>(body) else {
        let start = String::from_utf8_lossy(body.get(..256).unwrap_or(body)).into_owned();
        return if start.contains("\"mapping-collection\"") {
            Form::OscalMapping
        } else if start.contains("\"catalog\"") {
            Form::OscalCatalog
        } else {
            Form::Json
        };
    };
    let other = [top.profile, top.component, top.plan, top.assessment, top.results, top.milestones];
    match () {
        () if top.mapping.is_some() => Form::OscalMapping,
        () if top.catalog.is_some() => Form::OscalCatalog,
        () if other.iter().any(Option::is_some) => Form::OscalOther,
        () if top.schema.is_some() => Form::JsonSchema,
        () if top.mapping_objects.is_some() => Form::Techniques,
        () => Form::Json,
    }
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..START).unwrap_or(body)).into_owned()
}

fn xml(body: &[u8]) -> Form {
    if start(body).contains("http://csrc.nist.gov/ns/oscal/") { Form::OscalXml } else { Form::Xml }
}

/// Tells YAML and known tables from other text.
fn text(body: &[u8]) -> Option<Form> {
    let start = start(body);
    let first = start.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    if is_register(first) {
        return Some(Form::Register);
    }
    let is_key =
        |line: &str, key: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let keyed = |key: &str| start.lines().any(|line| is_key(line.trim_start(), key));
    let top = |key: &str| start.lines().any(|line| is_key(line, key));
    if top("objects") || first.starts_with("urn:") {
        return Some(if keyed("requirement_mapping_set") || keyed("requirement_mapping_sets") {
            Form::CisoMapping
        } else {
            Form::CisoFramework
        });
    }
    if top("objectives") || (top("indicator_statuses") && top("assessment-rules")) {
        return Some(Form::WebCaf);
    }
    let word =
        first.split_once(':').map(|(key, rest)| (key, rest.is_empty() || rest.starts_with(' ')));
    let plain = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let yaml =
        first == "---" || word.is_some_and(|(key, blank)| blank && !key.is_empty() && plain(key));
    yaml.then_some(Form::Yaml)
}

/// The register's columns: whose, which standing, published when; named otherwise over the years.
fn is_register(header: &str) -> bool {
    let plain: String =
        header.chars().filter(|c| c.is_alphanumeric() || ",;\t".contains(*c)).collect();
    let lower = plain.to_lowercase();
    let names: Vec<&str> = lower.split([',', ';', '\t']).collect();
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(name));
    has(&["organisationname"])
        && has(&["code", "odscode"])
        && has(&["status", "lateststatus", "publicationstatus"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, form: Option<Form>) {
        assert_eq!(form_of(text.as_bytes()), form, "{text}");
    }

    #[test]
    fn files_are_told_by_what_they_hold() {
        check("\u{feff} {\"mapping-collection\": {\"a\": [1]}}", Some(Form::OscalMapping));
        check("{\"catalog\":{}}", Some(Form::OscalCatalog));
        check("{\"profile\":{}}", Some(Form::OscalOther));
        check("{\"$schema\":\"x\"}", Some(Form::JsonSchema));
        check("{\"mapping_objects\":[]}", Some(Form::Techniques));
        check("{\"mapping-collection\": {\"uuid\": ", Some(Form::OscalMapping));
        check("{\"a\": 1}", Some(Form::Json));
        check(
            "<?xml version=\"1.0\"?><catalog xmlns=\"http://csrc.nist.gov/ns/oscal/1.0\">",
            Some(Form::OscalXml),
        );
        check("<html>", Some(Form::Xml));
        check(
            "urn: urn:x\nobjects:\n  requirement_mapping_sets:\n  - urn: a\n",
            Some(Form::CisoMapping),
        );
        check("urn: urn:x\nobjects:\n  framework:\n    urn: a\n", Some(Form::CisoFramework));
        check(
            "# remark\nindicator_statuses: &a\nassessment-rules:\nobjectives:\n  A:\n",
            Some(Form::WebCaf),
        );
        check("name: x\n", Some(Form::Yaml));
        check(
            "Code,Organisation Name,Status,Date Of Publication\nX1,Example,22/23 Standards Met,\n",
            Some(Form::Register),
        );
        check("OrganisationName,ODSCode,PublicationStatus\n", Some(Form::Register));
        check("source,relationship,target\na:1/X,equal,b:1/Y\n", None);
        check("sep=;\nsource;target\n", None);
        check("", None);
    }
}
