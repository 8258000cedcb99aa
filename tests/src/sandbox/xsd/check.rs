//! Walks a document beside its schema and lists everything that does not fit.

use super::super::xml::Element;
use super::read::{Complex, ElementRule, Kind, Particle, Schema, Term};
use super::simple::fits;

/// All faults of a document, each with the path of its element; empty when it is valid.
pub(crate) fn faults(schema: &Schema, root: &Element) -> Vec<String> {
    let mut check = Check { schema, faults: Vec::new() };
    match schema.elements.get(&root.name) {
        Some(rule) if root.namespace == schema.namespace => check.element(rule, root, ""),
        _ => check.faults.push(format!("/{}: not an element of {}", root.name, schema.namespace)),
    }
    check.faults
}

struct Check<'a> {
    schema: &'a Schema,
    faults: Vec<String>,
}

impl<'a> Check<'a> {
    fn element(&mut self, rule: &'a ElementRule, element: &Element, parent: &str) {
        let path = format!("{parent}/{}", element.name);
        let complex = match &rule.kind {
            Kind::Complex(complex) => Some(complex.as_ref()),
            Kind::Named(name) => self.schema.complex.get(name),
            Kind::BuiltIn(_) | Kind::Simple(_) => None,
        };
        if let Some(complex) = complex {
            self.complex(complex, element, &path);
        } else {
            self.text(&rule.kind, element, &path);
            for attribute in &element.attributes {
                self.faults.push(format!("{path}: attribute {} not expected", attribute.name));
            }
        }
    }

    fn text(&mut self, kind: &Kind, element: &Element, path: &str) {
        if !element.children.is_empty() {
            self.faults.push(format!("{path}: only text is expected"));
        } else if !fits(self.schema, kind, &element.text) {
            self.faults.push(format!("{path}: the text does not fit its type"));
        }
    }

    fn complex(&mut self, complex: &'a Complex, element: &Element, path: &str) {
        self.attributes(complex, element, path);
        if let Some(kind) = &complex.text {
            self.text(kind, element, path);
            return;
        }
        if !element.text.trim().is_empty() {
            self.faults.push(format!("{path}: text between elements"));
        }
        let mut at = 0;
        for particle in &complex.sequence {
            self.particle(particle, element, &mut at, path);
        }
        if let Some(extra) = element.children.get(at) {
            self.faults.push(format!("{path}/{}: not expected here", extra.name));
        }
    }

    fn attributes(&mut self, complex: &Complex, element: &Element, path: &str) {
        for attribute in &element.attributes {
            let same = complex
                .attributes
                .iter()
                .find(|rule| rule.name == attribute.name && rule.namespace == attribute.namespace);
            let good = same.is_some_and(|rule| {
                rule.fixed.as_ref().is_none_or(|fixed| *fixed == attribute.value)
                    && fits(self.schema, &rule.kind, &attribute.value)
            });
            if !good {
                self.faults.push(format!("{path}: attribute {} not expected or wrong", attribute.name));
            }
        }
        for rule in complex.attributes.iter().filter(|rule| rule.required) {
            if !element.attributes.iter().any(|one| one.name == rule.name && one.namespace == rule.namespace)
            {
                self.faults.push(format!("{path}: attribute {} missing", rule.name));
            }
        }
    }

    /// Takes as many children as fit; the schemas are unambiguous, so greedy is right.
    fn particle(&mut self, particle: &'a Particle, element: &Element, at: &mut usize, path: &str) {
        let mut taken = 0;
        while taken < particle.max {
            let Some(child) = element.children.get(*at) else { break };
            match self.rule_for(&particle.term, child) {
                Some(Some(rule)) => self.element(rule, child, path),
                Some(None) => {}
                None => break,
            }
            *at += 1;
            taken += 1;
        }
        if taken < particle.min {
            self.faults.push(format!("{path}: {} missing or out of order", names(&particle.term)));
        }
    }

    /// The rule under which a child is taken; `Some(None)`: taken without a look inside.
    fn rule_for(&self, term: &'a Term, child: &Element) -> Option<Option<&'a ElementRule>> {
        match term {
            Term::Element(rule) => {
                let same = child.name == rule.name && child.namespace == self.schema.namespace;
                same.then_some(Some(rule))
            }
            Term::Choice(options) => options.iter().find_map(|option| self.rule_for(&option.term, child)),
            Term::Any(namespace) => (namespace.is_empty() || *namespace == child.namespace).then_some(None),
        }
    }
}

fn names(term: &Term) -> String {
    match term {
        Term::Element(rule) => rule.name.clone(),
        Term::Choice(options) => {
            options.iter().map(|option| names(&option.term)).collect::<Vec<_>>().join(" or ")
        }
        Term::Any(namespace) => format!("an element of {namespace}"),
    }
}
