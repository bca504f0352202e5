"""The browser of these tests starts, whatever else runs on the machine."""

import socket

from selenium.webdriver.common import utils

from tests.site.conftest import open_browser


def test_start_when_another_program_takes_the_port(monkeypatch):
    free_port = utils.free_port
    with socket.create_server(("127.0.0.1", 0)) as other_program:
        ports = [other_program.getsockname()[1]]
        monkeypatch.setattr(utils, "free_port", lambda: ports.pop() if ports else free_port())
        with open_browser() as browser:
            assert browser.run("return 1 + 1") == 2
        assert not ports
