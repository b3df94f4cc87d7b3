"""Why a model says what it says: which features and time steps it uses."""

from sklstm.inspection._integrated_gradients import integrated_gradients
from sklstm.inspection._permutation_importance import permutation_importance

__all__ = ["integrated_gradients", "permutation_importance"]
