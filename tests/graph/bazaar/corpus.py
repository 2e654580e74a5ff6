"""Operations over the bazaar and their data: document, variables, and what must come back."""

CORPUS = {
    "one person, three subgraphs": (
        """{ user(id: "1") { id name role shout(suffix: "?") balance { amount unit }
             wallet { id owner { name id } } } }""",
        {},
        {
            "user": {
                "id": "1",
                "name": "user1",
                "role": "MEMBER",
                "shout": "USER1?",
                "balance": {"amount": "10.00", "unit": "AZR"},
                "wallet": {"id": "w1", "owner": {"name": "user1", "id": "1"}},
            }
        },
    ),
    "a stub below a connection": (
        """{ listings(window: { first: 2 }) { nodes { sku slug price { amount unit }
             seller { id name profile { __typename handle ... on BotProfile { model } } } }
             pageInfo { hasNext cursor } } }""",
        {},
        {
            "listings": {
                "nodes": [
                    {
                        "sku": f"s{number}",
                        "slug": f"l-s{number}",
                        "price": {"amount": f"{number * 5}.00", "unit": "AZR"},
                        "seller": {"id": str(number), "name": f"user{number}", "profile": profile},
                    }
                    for number, profile in enumerate(
                        [
                            {"__typename": "BotProfile", "handle": "@user0", "model": "b1"},
                            {"__typename": "HumanProfile", "handle": "@user1"},
                        ]
                    )
                ],
                "pageInfo": {"hasNext": True, "cursor": "c"},
            }
        },
    ),
    "required fields with arguments": (
        """query($factor: Int!) { listing(sku: "s3") { weight fee(factor: $factor) { amount unit }
             price { unit } } }""",
        {"factor": 2},
        {
            "listing": {
                "weight": 3,
                "fee": {"amount": "6.30", "unit": "GEM"},
                "price": {"unit": "AZR"},
            }
        },
    ),
    "required fields of one member of a union": (
        """{ a: listing(sku: "s1") { tariff } b: listing(sku: "s2") { tariff }
             c: listing(sku: "s3") { tariff } }""",
        {},
        {
            "a": {"tariff": '{"__typename": "Farm", "acres": 1}'},
            "b": {"tariff": '{"__typename": "Factory", "size": 2}'},
            "c": {"tariff": "null"},
        },
    ),
    "required fields in lists of lists": (
        """{ listing(sku: "s8") { postage parts { grams } } }""",
        {},
        {"listing": {"postage": 11, "parts": [[{"grams": 8}], [{"grams": 1}, {"grams": 2}]]}},
    ),
    "required fields of a third subgraph, a hidden one among them": (
        """{ listing(sku: "s5") { sender } }""",
        {},
        {"listing": {"sender": '[{"birthYear": 1990, "name": "user5"}, 5]'}},
    ),
    "required fields that require fields of a third subgraph": (
        """query($copies: Int!) { a: listing(sku: "s1") { bill(copies: $copies) fee { amount } }
             b: listing(sku: "s2") { bill surcharge } }""",
        {"copies": 4},
        {
            "a": {"bill": "4 x 3.15 GEM + 1", "fee": {"amount": "1.05"}},
            "b": {"bill": "1 x 6.30 GEM + null", "surcharge": None},
        },
    ),
    "required fields there and back again": (
        """{ shelf { receipt } }""",
        {},
        {
            "shelf": [
                {"receipt": "received: 2 x 3.15 GEM + 1"},
                {"receipt": "received: 2 x 6.30 GEM + null"},
            ]
        },
    ),
    "required fields there and back again, from a member of a union": (
        """{ things { ... on Listing { receipt bill } } }""",
        {},
        {"things": [{}, {"receipt": "received: 2 x 3.15 GEM + 1", "bill": "1 x 3.15 GEM + 1"}]},
    ),
    "required fields there and back again, an entity missing on the way": (
        """{ listing(sku: "s6") { bill receipt } }""",
        {},
        {"listing": {"bill": None, "receipt": "received: None"}},
    ),
    "required fields of an entity that is missing": (
        """{ listing(sku: "s6") { slug bill surcharge } }""",
        {},
        {"listing": {"slug": "l-s6", "bill": None, "surcharge": None}},
    ),
    "required fields behind a key in two hops": (
        """{ items { code label quality(scale: 3) } }""",
        {},
        {
            "items": [
                {"code": "c1", "label": "quality 10 of 10", "quality": 3},
                {"code": "c2", "label": "quality None of 10", "quality": None},
                {"code": "c0", "label": None, "quality": 3},
            ]
        },
    ),
    "required fields behind a key of two parts": (
        """{ offices { number guard } }""",
        {},
        {
            "offices": [
                {"number": 1, "guard": "guards 100 crates"},
                {"number": 2, "guard": "guards 200 crates"},
                {"number": 3, "guard": None},
                {"number": 4, "guard": None},
            ]
        },
    ),
    "required fields from an instance of the subgraph that requires them": (
        """{ things { ... on Listing { sku fee { amount } rank } } }""",
        {},
        {"things": [{}, {"sku": "s1", "fee": {"amount": "1.05"}, "rank": "wallets ranks s1"}]},
    ),
    "unions of two subgraphs": (
        """{ feed { __typename ... on Listing { sku seller { name } fee { amount } }
             ... on Wallet { id } ... on Ad { text
               buyer { name friends(first: 1) { name wallet { owner { name } } } } } }
             things { __typename ... on Wallet { owner { role } } ... on Listing { slug } } }""",
        {},
        {
            "feed": [
                {
                    "__typename": "Listing",
                    "sku": "s1",
                    "seller": {"name": "user1"},
                    "fee": {"amount": "1.05"},
                },
                {
                    "__typename": "Ad",
                    "text": "buy",
                    "buyer": {
                        "name": "user4",
                        "friends": [{"name": "user5", "wallet": {"owner": {"name": "user5"}}}],
                    },
                },
                {
                    "__typename": "Listing",
                    "sku": "s2",
                    "seller": {"name": "user2"},
                    "fee": {"amount": "2.10"},
                },
            ],
            "things": [
                {"__typename": "Wallet", "owner": {"role": "MEMBER"}},
                {"__typename": "Listing", "slug": "l-s1"},
            ],
        },
    ),
    "an interface of two subgraphs": (
        """{ anything { __typename id ... on User { name balance { amount } } } }""",
        {},
        {
            "anything": [
                {"__typename": "Wallet", "id": "w1"},
                {"__typename": "User", "id": "2", "name": "user2", "balance": {"amount": "20.00"}},
            ]
        },
    ),
    "a key in two hops": (
        """{ items { code barcode stock } shelf { slug sku fee { amount } seller { name } } }""",
        {},
        {
            "items": [
                {"code": "c1", "barcode": "b-c1", "stock": "stock of b-c1"},
                {"code": "c2", "barcode": "b-c2", "stock": "stock of b-c2"},
                {"code": "c0", "barcode": None, "stock": None},
            ],
            "shelf": [
                {
                    "slug": "l-s1",
                    "sku": "s1",
                    "fee": {"amount": "1.05"},
                    "seller": {"name": "user1"},
                },
                {
                    "slug": "l-s2",
                    "sku": "s2",
                    "fee": {"amount": "2.10"},
                    "seller": {"name": "user2"},
                },
            ],
        },
    ),
    "a key of two parts, one of them nested": (
        """{ offices { city country { code } crates } }""",
        {},
        {
            "offices": [
                {"city": "city of ZA-1", "country": {"code": "ZA"}, "crates": 100},
                {"city": "city of KE-2", "country": {"code": "KE"}, "crates": 200},
                {"city": "city of None-3", "country": {"code": None}, "crates": None},
                {"city": "city of None-4", "country": None, "crates": None},
            ]
        },
    ),
    "a field that another subgraph overrides": (
        """{ listing(sku: "s2") { rank } shelf { rank } }""",
        {},
        {
            "listing": {"rank": "wallets ranks s2"},
            "shelf": [{"rank": "wallets ranks s1"}, {"rank": "wallets ranks s2"}],
        },
    ),
    "value types of three subgraphs": (
        """{ listings(window: { first: 1 }) { pageInfo { cursor } nodes { price { unit } } }
             page { cursor hasNext }
             wallets(first: 1) { owner { balance(unit: GEM) { unit } } } }""",
        {},
        {
            "listings": {"pageInfo": {"cursor": "c"}, "nodes": [{"price": {"unit": "AZR"}}]},
            "page": {"cursor": "wallets", "hasNext": False},
            "wallets": [{"owner": {"balance": {"unit": "GEM"}}}],
        },
    ),
    "enums and inputs that two subgraphs share": (
        """query($where: UserFilter, $window: Window!) {
             users(where: $where, window: $window) { id role balance(unit: GEM) { unit } } }""",
        {"where": {"role": "ADMIN"}, "window": {"first": 2}},
        {
            "users": [
                {"id": "0", "role": "ADMIN", "balance": {"unit": "GEM"}},
                {"id": "3", "role": "ADMIN", "balance": {"unit": "GEM"}},
            ]
        },
    ),
    "the default of a shared input": (
        """{ users(window: {}, where: { ids: ["1", "2"] }) { id }
             lookup(by: { name: "user9" }) { id } }""",
        {},
        {"users": [{"id": "1"}, {"id": "2"}], "lookup": {"id": "9"}},
    ),
    "one field under several names": (
        """{ user(id: "2") { a: name b: balance { amount } c: balance(unit: GEM) { unit } } }""",
        {},
        {"user": {"a": "user2", "b": {"amount": "20.00"}, "c": {"unit": "GEM"}}},
    ),
    "fragments and conditions": (
        """fragment Person on User { name wallet { owner { role } } }
           query($no: Boolean!) { user(id: "3") { ...Person id @include(if: $no)
             balance @skip(if: $no) { amount } } }""",
        {"no": False},
        {
            "user": {
                "name": "user3",
                "wallet": {"owner": {"role": "ADMIN"}},
                "balance": {"amount": "30.00"},
            }
        },
    ),
    "a shared root field": (
        """{ version __typename }""",
        {},
        {"version": "1", "__typename": "Query"},
    ),
    "a stub of nothing, its key alone": (
        """{ ghost { id __typename } nameless { __typename } }""",
        {},
        {"ghost": {"id": "999", "__typename": "User"}, "nameless": {"__typename": "User"}},
    ),
    "an entity that is not there": (
        """{ listing(sku: "zz") { sku fee { amount } } user(id: "999") { name wallet { id } } }""",
        {},
        {"listing": None, "user": None},
    ),
    "mutations": (
        """mutation { a: transfer(data: { to: "7", amount: "12.5", unit: GEM }) { __typename
             ... on TransferMade { to { name role } amount { amount unit } } }
             b: transfer(data: { to: "7", amount: "-1" }) {
               ... on TransferRefused { reason } } }""",
        {},
        {
            "a": {
                "__typename": "TransferMade",
                "to": {"name": "user7", "role": "MEMBER"},
                "amount": {"amount": "12.5", "unit": "GEM"},
            },
            "b": {"reason": "amount"},
        },
    ),
}
