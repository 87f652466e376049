"""Every call of the wire map, block by block, with the unmodified SDK; AutoML has tests of its own."""


def test_every_call_of_the_map_passes(program):
    found = program("wire_map")
    print(f"{found['passed']} of {found['passed'] + len(found['failed'])} calls pass")
    assert found["failed"] == {}
    assert found["passed"] > 140
