"""Arguments of a forecaster's fit that are for its regressor."""

from __future__ import annotations

from typing import Any

from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from sklstm.forecasting._regressors import takes_weights

__all__ = ["RoutingMixin"]


class RoutingMixin:
    """Pass metadata on to the regressor, as scikit-learn's meta-estimators do."""

    regressor: Any

    def get_metadata_routing(self) -> MetadataRouter:
        """Return what metadata goes where.

        Returns
        -------
        MetadataRouter
            What the forecaster takes itself, and what goes to the fit of the regressor.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(regressor=self._get_regressor(), method_mapping=mapping)

    def _get_regressor(self):
        if self.regressor is not None:
            return self.regressor
        from sklstm import LSTMRegressor  # imports TensorFlow

        network = LSTMRegressor("cnn_lstm", loss="mean_absolute_error", epochs=10)
        return network.set_fit_request(sample_weight=True) if _routing_enabled() else network

    def _route(self, sample_weight, fit_params):
        """Return the arguments for the fit of the regressor."""
        if sample_weight is not None:
            fit_params = {**fit_params, "sample_weight": sample_weight}
        if _routing_enabled():
            return dict(process_routing(self, "fit", **fit_params).regressor.fit)
        regressor = self._get_regressor()
        if sample_weight is not None and not takes_weights(regressor):
            raise ValueError(
                f"sample_weight was passed, but the fit of {regressor!r} takes none. Pass another "
                "regressor, or, for a step of a pipeline, the weights as step__sample_weight."
            )
        return fit_params
