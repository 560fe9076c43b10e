use crate::view::ModelView;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_schema::list::List;
use openclaw_web::{App, Json};

/// The models whose provider has its credentials, all on one page: the catalog's and the configured ones, then
/// what else is known of these providers, by `provider/model`.
pub(crate) async fn list_models(State(app): State<App>) -> Response {
    let models: Vec<_> = app.providers.listed().collect();
    let shown = models.iter().map(|model| ModelView::from(&**model));
    Json(List::whole(shown.collect())).into_response()
}
