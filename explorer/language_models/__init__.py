"""Language models that vote: any endpoint that speaks as OpenAI's chat completions do."""

from explorer.language_models.answer_cache import AnswerCache
from explorer.language_models.cost import Price, price_of
from explorer.language_models.endpoint import Endpoint, EndpointError, endpoint_of
from explorer.language_models.poll import Poll
from explorer.language_models.prompt import Prompt
from explorer.language_models.results import Asked, Plan

__all__ = [
    "AnswerCache",
    "Asked",
    "Endpoint",
    "EndpointError",
    "Plan",
    "Poll",
    "Price",
    "Prompt",
    "endpoint_of",
    "price_of",
]
