"""The pages on which people pay the local provider, or do not."""

from html import escape

from dev.payments.sales import Sale, SaleState

BUTTONS = {
    "pay": "Pay",
    "decline": "Decline",
    "refund": "Refund it",
    "dispute": "Dispute it",
    "win": "The seller wins the dispute",
    "lose": "The seller loses the dispute",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto }}
  button {{ font: inherit; min-height: 44px; width: 100%; margin: 0.25rem 0 }}
</style>
<h1>{title}</h1>
<p>{what}: <strong>{amount} {currency}</strong></p>
<p>This provider is for development. It takes no money. The payment is <em>{state}</em>.</p>
{buttons}
{back}
</html>
"""


def actions_for(sale: Sale) -> list[str]:
    """What can be done with a sale now."""
    if sale.state is SaleState.OPEN:
        return ["pay", "decline"]
    if sale.state is SaleState.FAILED:
        return []
    if sale.dispute is not None:
        return ["win", "lose"] if sale.dispute.status == "needs_response" else []
    return ["refund", "dispute"] if sale.left else []


def page_of(sale: Sale) -> str:
    """The page of a sale, as HTML."""
    buttons = "".join(
        f'<form method="post" action="/pay/{escape(sale.id)}/{action}">'
        f"<button>{BUTTONS[action]}</button></form>"
        for action in actions_for(sale)
    )
    back = f'<p><a href="{escape(sale.return_url)}">Back to the shop</a></p>'
    return PAGE.format(
        title="Local payments",
        what=escape(sale.description),
        amount=f"{sale.amount // 100}.{sale.amount % 100:02d}",
        currency=escape(sale.currency.upper()),
        state=sale.state.value,
        buttons=buttons,
        back=back if sale.return_url else "",
    )
