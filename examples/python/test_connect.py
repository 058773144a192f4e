"""Run with: npx nats-sandbox exec tls-user-pass -- python -m unittest"""

import os
import ssl
import unittest

import nats


async def connect(password):
    return await nats.connect(
        os.environ["NATS_URL"],
        user=os.environ["NATS_USER"],
        password=password,
        tls=ssl.create_default_context(cafile=os.environ["NATS_CA"]),
        allow_reconnect=False,  # or a refusal is tried again for two minutes
    )


class Connect(unittest.IsolatedAsyncioTestCase):
    async def test_gets_in_with_the_password(self):
        nc = await connect(os.environ["NATS_PASSWORD"])
        subscription = await nc.subscribe("hello")
        await nc.publish("hello", b"world")
        message = await subscription.next_msg(timeout=5)
        self.assertEqual(message.data, b"world")
        await nc.close()

    async def test_is_turned_away_with_another_one(self):
        with self.assertRaisesRegex(nats.errors.Error, "Authorization Violation"):
            await connect("wrong")
