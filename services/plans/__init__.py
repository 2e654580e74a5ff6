"""Plans: what each allows, who has which, and the periods that were paid for.

Knows nothing of payment providers: `services.payments` stands on it.
"""

from services.plans.rules import RULES, PlanRules, plan_of

__all__ = ["RULES", "PlanRules", "plan_of"]
