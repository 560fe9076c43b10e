//! Where one request goes in place of what its model's row says.

use crate::{catalog::Model, order::Candidate, plan::Plan};
use openclaw_core::{Error, Result};
use openclaw_schema::config::Strategy;
use std::sync::Arc;

/// The header that names the providers which may be asked, in their order, with commas between them.
pub const PROVIDER_HEADER: &str = "x-openclaw-provider";

/// The header that names the strategy: `weights`, `latency` or `price`.
pub const STRATEGY_HEADER: &str = "x-openclaw-strategy";

/// The most providers that a request may name.
const MAX_PROVIDERS: usize = 20;

/// What one request says of its own routing.
#[derive(Clone, Debug, Default)]
pub struct RouteOverride {
    /// The only providers that are asked, in this order; empty: all, as the model's row has them.
    providers: Vec<String>,
    strategy: Option<Strategy>,
}

impl RouteOverride {
    /// Reads the values of both headers; 400 names the one that is wrong.
    pub fn read(providers: Option<&str>, strategy: Option<&str>) -> Result<Self> {
        let providers = providers.map_or_else(Vec::new, |list| {
            let names = list.split(',').map(str::trim);
            names.map(str::to_owned).collect()
        });
        if providers.len() > MAX_PROVIDERS || providers.iter().any(String::is_empty) {
            let issue =
                format!("must be 1 to {MAX_PROVIDERS} ids of providers, with commas between them");
            return Err(Error::invalid(PROVIDER_HEADER, issue));
        }
        let strategy = strategy.map(|name| match name {
            "weights" => Ok(Strategy::Weights),
            "latency" => Ok(Strategy::Latency),
            "price" => Ok(Strategy::Price),
            _ => Err(Error::invalid(
                STRATEGY_HEADER,
                "must be weights, latency or price",
            )),
        });
        Ok(Self {
            providers,
            strategy: strategy.transpose()?,
        })
    }

    /// The strategy in place of the model's own.
    pub(crate) fn strategy_of(&self, model: &Model) -> Strategy {
        self.strategy.unwrap_or(model.strategy)
    }

    /// The place of a provider in the order; `None` where it may not be asked.
    pub(crate) fn place(&self, provider: &str) -> Option<usize> {
        match self.providers.is_empty() {
            true => Some(0),
            false => self.providers.iter().position(|named| named == provider),
        }
    }

    /// Puts the candidates of the provider that was named first before all others; those of one
    /// keep their order.
    pub(crate) fn sort(&self, candidates: &mut [Candidate]) {
        candidates.sort_by_key(|candidate| self.place(&candidate.target().provider.id));
    }
}

impl Plan {
    /// The same, routed as the request says; 400 where none of the providers that it names has the model
    /// or one of its fallbacks.
    pub fn routed(mut self, route: RouteOverride) -> Result<Self> {
        let mut targets = self.models.iter().flat_map(|model| &model.targets);
        if !targets.any(|target| route.place(&target.provider.id).is_some()) {
            let issue = "names no provider of the model or its fallbacks";
            return Err(Error::invalid(PROVIDER_HEADER, issue));
        }
        self.route = Arc::new(route);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |providers, strategy| match RouteOverride::read(providers, strategy)
            .unwrap_err()
            .details
        {
            Some(Details::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let many = vec!["a"; MAX_PROVIDERS + 1].join(",");
        for providers in ["", "a,,b", &many] {
            assert_eq!(wrong(Some(providers), None), PROVIDER_HEADER, "{providers}");
        }
        assert_eq!(wrong(None, Some("fast")), STRATEGY_HEADER);
        let route = RouteOverride::read(Some("b, a"), Some("price")).unwrap();
        assert_eq!(
            [route.place("a"), route.place("b"), route.place("c")],
            [Some(1), Some(0), None]
        );
    }
}
