"""What an operator writes about one Tinychat, beside what all networks have."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class TinychatConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="where its API is")
    token: SecretStr = Field(description="the token of the bot that the bridge speaks through")
