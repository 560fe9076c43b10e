use crate::view::ModelView;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_schema::list::List;
use openclaw_web::{App, Json};

/// The models whose provider has its credentials, all on one page.
pub(crate) async fn list_models(State(app): State<App>) -> Response {
    let models = app
        .providers
        .models()
        .map(|model| ModelView::from(&**model));
    Json(List::whole(models.collect())).into_response()
}
