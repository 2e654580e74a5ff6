import asyncio, random
from tests.gateway.operations import cases_of
async def test_z(sides, names, token_of):
    case=next(c for c in cases_of("reads") if c.operation=="services_deep")
    c2=next(c for c in cases_of("reads") if c.operation=="node_of_each_kind")
    bad=0; tok=token_of("admin")
    for i in range(30):
        rs=await asyncio.gather(*(sides.gateway.ask(c.document,c.variables_in(names),token=tok) for c in (case,c2)*2))
        for r in rs:
            if r.errors: bad+=1; print(i, [ (e["message"], str(e.get("extensions"))[:200]) for e in r.errors][:2])
        await asyncio.sleep(random.choice([4.98,4.99,4.995,5.0,5.002]))
    print("bad", bad)
