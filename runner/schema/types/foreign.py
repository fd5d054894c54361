"""Words of other platforms and other tongues that people write as keys → what they are here.

A row stands under the noun of a block, as in `later.py`. Its value is the key that was meant, with
dots between levels (`greeting.say`), or a sentence that says what to do. Words are compared without
capitals, spaces, hyphens and underscores, so `firstMessage` is `first_message`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property

_PROVIDER = "it belongs to a provider: write it below providers:, a name of yours, and with:"
_LLM = "write llm: and a model such as openai/gpt-4.1-mini, or the name of a provider"
_STT = "write stt: and a model such as deepgram/nova-3, or the name of a provider"
_TTS = "write tts: and a voice such as cartesia/sonic-3, or the name of a provider"
_IN_WORDS = "say it to the model in words, in instructions:"
_BRANCHES = "each step is a persona, and the ways between them stand in its handoffs:"
_IDLE = "what happens in silence stands in idle: write after: and say: below it"
_SERVER = "what is told to your server stands in events:"
_RETRIED = "delete it: no connection and 408, 425, 429, 500, 502, 503 and 504 are tried again"
_WAITS = "delete it: the waits are random, become longer, and heed Retry-After"
_CERTIFICATES = (
    "delete it: certificates are always checked; one of your own is trusted with authority: in a "
    "service"
)
_KIND_OF_AUTH = (
    "the kind is a key itself, such as bearer: with the token after it, or oauth2: with the other "
    "keys below it"
)


def fold(word: str) -> str:
    """The word without what differs from platform to platform."""
    plain = word.casefold().replace("\u0111", "d").replace("\u00df", "ss")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain)


class _Words(Mapping[str, str]):
    """Path or sentence → the words that mean it, turned around when the first one is looked up."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table

    @cached_property
    def _meant(self) -> dict[str, str]:
        pairs = self._table.items()
        return {fold(word): target for target, words in pairs for word in words.split()}

    def __getitem__(self, word: str) -> str:
        return self._meant[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._meant)

    def __len__(self) -> int:
        return len(self._meant)


_ORDER = _Words(
    {
        "order": "models providers list fallbacks names llms voices chain models_in_order",
        "retries": "max_retry max_retries attempts",
    }
)

_DAYS = {
    "monday": "mon mo montag lundi lunes lunedi segunda maandag poniedzialek pazartesi thuhai",
    "tuesday": "tue tues di dienstag mardi martes martedi terca dinsdag wtorek sali thuba",
    "wednesday": "wed mi mittwoch mercredi miercoles mercoledi quarta woensdag sroda carsamba"
    " thutu",
    "thursday": "thu thur thurs do donnerstag jeudi jueves giovedi quinta donderdag czwartek"
    " persembe thunam",
    "friday": "fri fr freitag vendredi viernes venerdi sexta vrijdag piatek cuma thusau",
    "saturday": "sat sa samstag sonnabend samedi sabado sabato zaterdag sobota cumartesi thubay",
    "sunday": "sun so sonntag dimanche domingo domenica zondag niedziela pazar chunhat",
}

_OF_REQUESTS = {
    _RETRIED: "retry_on retry_statuses retry_codes status_forcelist retry_if",
    _WAITS: "backoff backoff_factor retry_wait retry_delay retry_interval",
    _CERTIFICATES: "verify verify_ssl ssl_verify insecure ssl tls",
}
"""What people write of a request, or of a service, that lkrun does by itself."""

FOREIGN: dict[str, Mapping[str, str]] = {
    "a file": _Words(
        {
            "agents": "agent assistant assistants bot bots squad voicebot",
            "personas": "persona prompts members states nodes flows roles",
            "tools": "tool functions function actions general_tools skills abilities",
            "providers": "provider models voices llms transcribers",
            "services": "service apis endpoints integrations",
            "runner": "config configuration settings options server process",
            "delete it: the files need no version": "version",
            "tests": "test stories evals",
            "secrets are read from the environment: write {{ secrets.NAME }} where one is sent": (
                "secrets environment env keys api_keys"
            ),
            "lkrun has no automations: what happens in a call stands in personas: and tools:": (
                "automation automations trigger triggers workflow workflows scripts scenes jobs "
                "pipeline pipelines steps"
            ),
            "phrases that lead to an action stand in intents: of a persona or an agent": "intents "
            "utterances",
            "entities and slots are left to the model: say in instructions: what to ask for": (
                "entities slots forms nlu responses rules"
            ),
        }
    ),
    "the room": _Words(
        {
            "noise_cancellation": "noise_reduction noise_suppression denoise denoising noise_filter"
            " background_voice_cancellation bvc krisp",
            "video_in": "video camera vision",
            "close_on_disconnect": "end_on_disconnect hang_up_on_leave",
            "participants": "participant_kinds kinds",
        }
    ),
    "an agent": _Words(
        {
            "start": "entrypoint entry_point first_persona initial_persona starting_node start_node"
            " default_persona",
            "instructions": "prompt system_prompt system system_message general_prompt"
            " global_prompt role persona_prompt base_prompt pre_prompt guidelines",
            _LLM: "model llm_model model_name language_model ai_model brain",
            _STT: "transcriber asr stt_model speech_to_text recogniser recognizer ears",
            _TTS: "voice voice_id speaker tts_model text_to_speech voice_model",
            "vad": "vad_model voice_activity_detection",
            "realtime": "speech_to_speech s2s voice_to_voice realtime_model live_model",
            "avatar": "face video_avatar digital_human talking_head",
            "room.noise_cancellation": "noise_reduction noise_suppression denoise denoising"
            " noise_filter background_voice_cancellation",
            "tools": "functions function actions skills abilities general_tools tool_ids plugins",
            "handoffs": "transfers transfer handoff handover routes destinations",
            "timezone": "time_zone tz zone",
            "hours": "opening_hours business_hours office_hours working_hours schedule"
            " opening_times availability open",
            "variables": "vars data context dynamic_variables default_dynamic_variables"
            " variable_values parameters fields",
            "labels": "metadata tags",
            "description": "about summary purpose",
            "before_call": "pre_call on_call_start on_start precall before prefetch",
            "after_call": "post_call on_call_end on_end after_the_call postcall after"
            " post_call_analysis end_of_call end_of_call_report analysis analysis_plan",
            "enabled": "active is_active disabled published",
            "mode": "type kind channel modality",
            "keyterms": "keywords key_terms boosted_keywords hotwords vocabulary custom_vocabulary",
            "pronunciations": "pronunciation pronunciation_dictionary pronunciation_guide",
            "speech.strip": "strip_markdown filter_markdown tts_text_transforms text_filters strip"
            " text_normalization",
            "speech.expressive": "expressive expressiveness",
            "speech.expressive.instructions": "emotion emotions emotional mood",
            "speech.expressive.fillers": "fillers filler_words",
            "speech.gap": "gap min_consecutive_speech_delay",
            "speech.aligned_transcript": "aligned_transcript use_tts_aligned_transcript",
            "limits.max_duration": "max_duration max_call_duration max_call_duration_ms"
            " max_duration_seconds max_call_length call_timeout timeout_seconds",
            "limits.max_calls": "max_calls concurrency max_concurrent concurrent_calls",
            "limits.max_tool_steps": "max_tool_steps max_steps max_iterations max_turns",
            "limits.farewell": "farewell",
            _IDLE: "silence_timeout silence_timeout_seconds idle_timeout user_away_timeout"
            " reminder_trigger_ms silence_timeout_ms end_call_after_silence_ms idle_message"
            " idle_messages reminder still_there",
            "turn_taking.interruptions": "interruptions interruption allow_interruptions barge_in"
            " interruption_sensitivity stop_speaking_plan",
            "turn_taking.detection": "turn_detection turn_detector end_of_turn",
            "turn_taking.while_thinking": "while_thinking thinking_message filler_phrases"
            " filler_message hold_message on_thinking",
            "turn_taking.min_delay": "endpointing start_speaking_plan min_endpointing_delay"
            " response_delay responsiveness",
            "background_audio.thinking": "thinking_sound typing_sound keyboard_sound",
            "background_audio.ambient": "background_sound background_music ambient_sound ambient"
            " background_noise",
            "phone.numbers": "phone_number phone_numbers number numbers telephone telephone_number"
            " inbound_number sip_number did",
            "texts": "messages phrases system_messages default_messages sentences wordings",
            "languages.speak": "language lang locale_code spoken_language languages_spoken"
            " supported_languages",
            "write after_call:, below it send:, and below that "
            "- webhook: and the address": "webhook webhook_url post_call_webhook",
            "after_call.extract": "post_call_analysis_data analysis_plan structured_data_plan"
            " data_collection",
            "dispatch.mode": "dispatch_mode auto_join join automatic_dispatch explicit_dispatch",
            "dispatch.per": "job_type job_types per worker_type server_type",
            "record.audio": "recording recording_enabled record_calls opt_out_sensitive_data",
            "voicemail.mailbox": "voicemail_message voicemail_detection voicemail_option",
            "voicemail": "answering_machine answering_machine_detection machine_detection amd"
            " mailbox answerphone",
            "dial": "outbound outgoing call_out dial_out outbound_call",
            "memory": "remember memories recall long_term_memory",
            _SERVER: "server server_url server_messages events_url callback_url",
            "a tool of kind knowledge finds what stands in documents: list one below tools:": (
                "knowledge knowledge_base knowledge_bases knowledge_base_ids kb documents rag faq"
            ),
            "list the tool that ends a call: write tools: and below it - end_call": (
                "end_call hang_up hangup end_call_phrases end_call_function_enabled"
                " end_call_message goodbye"
            ),
            _BRANCHES: "nodes edges flow flows states steps stages workflow conversation_flow",
            _PROVIDER: "temperature max_tokens top_p api_key apikey key base_url speed stability"
            " similarity_boost voice_settings reasoning_effort",
            _IN_WORDS: "personality tone style character goal goals task rules examples"
            " guardrails behavior behaviour",
            "the first words belong to a persona: write greeting: in the persona that start: "
            "names": "first_message firstmessage welcome_message begin_message initial_message"
            " opening intro introduction say",
        }
    ),
    "a persona": _Words(
        {
            "instructions": "prompt system_prompt system system_message role_message"
            " role_messages task_messages general_prompt state_prompt messages content text",
            "instructions_file": "prompt_file prompt_path file include",
            "greeting.say": "first_message say first_words welcome welcome_message message"
            " begin_message initial_message opening intro introduction hello speak",
            "on_handoff.say": "handoff_message on_enter_message",
            "on_handoff": "on_enter entry on_entry",
            "on_return": "on_resume",
            "tools": "functions function actions skills abilities tool tool_ids",
            "handoffs": "transfers transfer transfer_to handoff handover routes destinations edges"
            " transitions next agents subagents sub_agents assistant_destinations switch_to",
            _LLM: "model llm_model model_name",
            _STT: "transcriber asr stt_model speech_to_text",
            _TTS: "voice voice_id speaker tts_model text_to_speech",
            "list the tool that ends a call: write tools: and below it - end_call": (
                "hang_up hangup end_call end_conversation end"
            ),
            "a tool of kind knowledge finds what stands in documents: list one below tools:": (
                "knowledge knowledge_base knowledge_bases kb documents rag"
            ),
            _IN_WORDS: "personality tone style character goal goals task tasks rules examples"
            " guardrails role description language languages about background behavior"
            " behaviour context",
            _PROVIDER: "temperature max_tokens top_p api_key speed stability",
        }
    ),
    "a handoff": _Words(
        {
            "when": "description condition trigger reason if_caller on intent",
            "say": "message announcement first_message words text transfer_message",
            "delete it: what the next persona says first stands in its on_handoff:": (
                "then next do action greeting on_handoff"
            ),
            "the persona's name stands before the colon, one level to the left": (
                "to target persona agent destination name assistant_name"
            ),
        }
    ),
    "an action": _Words(
        {
            "say": "speak message text words tell reply respond",
            "instructions": "prompt generate generate_reply instruction",
            "handoff": "goto go_to next hand_over switch_to persona agent",
            "write handoff: and a persona; or transfer_call: and below it to: and the number": (
                "transfer transfer_to"
            ),
            "transfer_call": "forward forward_call transfer_phone transfer_to_number call_transfer"
            " refer sip_refer connect_call warm_transfer cold_transfer blind_transfer",
            "tool": "call run function call_tool execute",
            "play": "sound audio play_sound play_audio play_file audio_file",
            "set": "store save remember assign variables",
            "end_call": "hang_up hangup end end_conversation disconnect exit",
            "opt_out": "optout do_not_call dnc unsubscribe never_call stop_calling",
            "with": "arguments args params parameters input inputs",
        }
    ),
    "transfer_call": _Words(
        {
            "to": "number phone phone_number destination target transfer_to sip_call_to address"
            " sip_uri uri recipient",
            "how": "type mode kind transfer_type method",
            "say": "message words text announcement transfer_message speak",
            "ring_for": "timeout ring_timeout ringing_timeout ring wait max_wait",
            "press_keys": "dtmf keys extension digits",
            "trunk": "trunk_id sip_trunk_id sip_trunk",
            "from": "caller_id from_number sip_number callerid",
            "headers": "sip_headers custom_headers header",
            "hold_sound": "hold_music hold_audio music hold sound on_hold",
            "instructions": "briefing summary summary_plan prompt whisper brief",
        }
    ),
    "a greeting": _Words(
        {
            "play": "sound audio play_sound play_audio play_file audio_file",
            "say": "speak message text words tell content first_message value",
            "instructions": "prompt generate generate_reply instruction",
        }
    ),
    "a tool": _Words(
        {
            "description": "when about purpose prompt desc",
            "parameters": "params inputs input input_schema arguments args schema properties fields"
            " function_parameters",
            "http": "request webhook api rest rest_command function server",
            "http.url": "endpoint uri address link webhook_url server_url",
            "http.method": "verb",
            "http.body": "payload data json body_json form",
            "http.query": "query_params querystring params_query",
            "http.headers": "header",
            "http.service": "service base",
            "http.auth": "authorization authentication token bearer api_key apikey",
            "result": "response output returns return answer_format",
            "result.pick": "extract jmespath json_path select",
            "result.text": "template",
            "say": "speak message words text",
            "end_call": "hang_up hangup end",
            "then": "action do next after on_success afterwards",
            "on_error": "error on_failure fallback failure catch",
            "confirm": "ask_first confirmation confirm_first require_confirmation approval",
            "rules": "guards validations constraints validate",
            "max_uses": "max_calls max_times uses",
            "background": "async asynchronous non_blocking",
            "while_waiting.say": "filler waiting_message hold_message please_wait pre_call_message",
            "if_already_running": "on_duplicate duplicates",
            "the name of a tool stands before the colon, one level to the left": "name id",
            "the kind of a tool is said by its key, such as http: or say:": "type kind",
            "a parameter is required by itself; write optional: yes where it may be missing": (
                "required"
            ),
        }
    ),
    "a rule": _Words(
        {
            "if": "when condition where",
            "answer": "say instructions then message text reply response error reason",
        }
    ),
    "while_waiting": _Words(
        {
            "say": "message text words filler",
            "after": "delay wait timeout",
            "every": "repeat interval",
        }
    ),
    "a field": _Words(
        {
            "type": "kind datatype data_type format",
            "description": "label title help desc prompt",
            "default": "value initial fallback",
            "choices": "options values enum one_of allowed_values select",
            "pattern": "regex regexp match",
            "min": "minimum min_length minlength least from",
            "max": "maximum max_length maxlength most to",
            "of": "items item entries",
            "fields": "properties keys",
        }
    ),
    "a request": _Words(
        {
            "url": "endpoint uri address link href path",
            "method": "verb http_method type",
            "query": "params query_params parameters querystring search_params",
            "headers": "header",
            "body": "payload data content",
            "body.json": "json body_json json_body",
            "timeout": "timeout_seconds timeout_ms request_timeout",
            "auth": "authorization authentication token bearer api_key apikey credentials",
            "retries": "retry max_retries retry_count attempts tries",
            "redirects": "redirect follow_redirects allow_redirects max_redirects",
            "ok": "ok_status expected_status success_codes valid_status status_codes",
            "idempotency_key": "idempotency idempotent idempotent_key",
            "write auth:, below it mtls:, and below that certificate: and key:": (
                "certificate cert client_certificate client_cert private_key client_key"
            ),
            **_OF_REQUESTS,
        }
    ),
    "a service": _Words(
        {
            "url": "base_url base host hostname endpoint uri address server link",
            "headers": "header",
            "auth": "authorization authentication token bearer api_key apikey credentials",
            "retries": "retry max_retries retry_count attempts tries",
            "rate_limit": "rate throttle limit max_per_second requests_per_second",
            "max_concurrent": "concurrency concurrent max_connections parallel",
            "breaker": "circuit_breaker circuit",
            "authority": "ca ca_cert ca_file ca_bundle certificate_authority",
            "on_error": "error on_failure fallback failure",
            **_OF_REQUESTS,
        }
    ),
    "the breaker": _Words(
        {
            "failures": "threshold max_failures failure_threshold count after",
            "open_for": "timeout reset reset_timeout cooldown recovery_timeout wait duration",
        }
    ),
    "auth": _Words(
        {
            "oauth2": "oauth oauth_2_0 client_credentials openid oidc",
            "hmac": "signature signed signing webhook_secret",
            "mtls": "certificate client_certificate client_cert cert tls",
            "api_key": "key header_key x_api_key",
            "basic": "http_basic basic_auth",
            _KIND_OF_AUTH: "type kind scheme method",
        }
    ),
    "basic": _Words({"username": "user name login account", "password": "pass passwd pwd secret"}),
    "an API key": _Words({"value": "token secret api_key apikey"}),
    "oauth2": _Words(
        {
            "token_url": "url token_uri token_endpoint access_token_url token_address",
            "client_id": "id app_id application_id consumer_key",
            "client_secret": "secret app_secret consumer_secret",
            "scopes": "scope permissions",
            "audience": "resource aud",
            "refresh_token": "refresh",
            "delete it: lkrun gets access tokens itself; one that you have stands behind bearer:": (
                "access_token token bearer"
            ),
            "delete it: with refresh_token: that grant is used, else client credentials": (
                "grant_type grant flow type"
            ),
            "delete it: a person's consent is got once, by lkrun auth": (
                "authorization_url authorize_url auth_url auth_uri redirect_uri redirect_url"
            ),
        }
    ),
    "hmac": _Words(
        {
            "secret": "key shared_secret signing_secret signing_key hmac_secret hmac_key token",
            "header": "header_name signature_header signature",
            "algorithm": "hash digest method algo alg hash_function",
            "encoding": "format output encode digest_format",
            "signs": "payload content message data what input",
            "timestamp_header": "timestamp time_header date_header time",
        }
    ),
    "mtls": _Words(
        {
            "certificate": "cert crt cert_file certificate_file client_cert client_certificate",
            "key": "private_key client_key key_file keyfile",
            "authority": "ca ca_cert ca_file ca_bundle certificate_authority root",
            "delete it: a key with a password cannot be read; "
            "openssl pkey -in old.pem -out new.pem writes it without one": (
                "password passphrase passwd key_password"
            ),
        }
    ),
    "a result": _Words(
        {
            "pick": "path select jmespath json_path jsonpath extract field data output value",
            "text": "message template say content format",
            "save": "store variables remember assign capture set",
            "hide": "hidden silent",
            "max_size": "max_length max_chars size truncate",
            "fails_if": "fail_if error_if failure failed",
        }
    ),
    "an MCP server": _Words(
        {
            "write url: or command: right here; the server has the name of the tool": (
                "mcp_servers servers server"
            ),
            "url": "endpoint uri address",
            "allow": "allowed include tools_allowed enabled_tools tool_filter",
        }
    ),
    "dial": _Words(
        {
            "to": "number phone phone_number target destination sip_call_to recipient",
            "ring_for": "ring_timeout ringing_timeout timeout ring max_ring wait_for_answer",
            "press_keys": "dtmf keys extension digits",
            "on_no_answer": "on_busy busy unanswered on_failure nobody not_answered",
        }
    ),
    "memory": _Words(
        {
            "of": "who whom key caller user id about per",
            "keep": "variables store save fields remember values",
            "summary": "summarize summarise summaries",
            "for": "retention ttl expires expiry duration keep_for forget_after days",
        }
    ),
    "a caller": _Words(
        {
            "phone": "number phone_number caller_id telephone from",
            "dialled": "dialed to called rang",
            "identity": "id user_id",
        }
    ),
    "a mock": _Words(
        {
            "slow": "delay latency wait takes sleep after",
            "status": "code status_code http_status",
            "fails": "error exception timeout raises fail",
            "returns": "return response answer result body output data value",
            "returns_json": "json",
            "returns_file": "file cassette",
            "when": "if with arguments args for",
        }
    ),
    "a knowledge base": _Words(
        {
            "write the text into a file such as house.md, and files: with its name": (
                "text content texts answer facts"
            ),
            "files": "source sources directory dir",
        }
    ),
    "a provider": _Words(
        {
            "the kind of a provider is its key, and the plugin's name its value, as in "
            "llm: openai": "type kind provider plugin vendor engine name platform",
            "retries": "max_retry max_retries retry attempts max_attempts num_retries",
            "retry_wait": "retry_interval retry_delay backoff wait",
            "timeout": "attempt_timeout request_timeout connect_timeout time_out",
            "write timeout:, retries: and retry_wait: here": "conn_options connection",
        }
    ),
    "a fallback": _ORDER,
    "a fallback of models": _ORDER,
    "a campaign's hours": _Words(_DAYS),
    "hours": _Words(
        {
            **_DAYS,
            "closed_on": "holidays holiday closed_dates closed_days exceptions except closures",
            "closed": "otherwise outside after_hours else fallback closed_persona when_closed"
            " out_of_hours",
        }
    ),
    "idle": _Words(
        {
            "after": "timeout seconds delay after_seconds silence wait time duration",
            "say": "message text words question",
            "instructions": "prompt",
            "times": "repeat count max retries max_times attempts",
            "then": "action do finally on_timeout",
        }
    ),
    "limits": _Words(
        {
            "max_duration": "duration timeout max_call_duration max_minutes max_seconds length",
            "farewell": "message goodbye say words",
            "max_calls": "concurrency max_concurrent concurrent_calls calls",
            "max_tool_steps": "max_steps steps max_iterations",
        }
    ),
    "the runner": _Words(
        {
            "livekit.url": "livekit_url",
            "livekit.api_key": "livekit_api_key",
            "livekit.api_secret": "livekit_api_secret",
            "http.listen": "listen port host bind",
            "http.tokens": "tokens token",
            "records.database": "database db",
            "log.level": "log_level loglevel verbosity",
            "capacity.max_calls": "max_calls concurrency",
            "it belongs to an agent: write it there, beside start:": "timezone llm stt tts realtime"
            " variables limits idle languages record",
        }
    ),
    "livekit": _Words(
        {
            "url": "host server ws_url livekit_url address",
            "api_key": "key livekit_api_key",
            "api_secret": "secret livekit_api_secret",
        }
    ),
    "dispatch": _Words(
        {
            "mode": "type how when join kind",
            "per": "for each every job_type job_types",
            "the name of an agent stands before the colon, in agents:": "name agent_name agent",
        }
    ),
    "background_audio": _Words(
        {
            "ambient": "ambience ambient_sound background background_sound noise music sound office"
            " always",
            "thinking": "thinking_sound typing keyboard think waiting",
            "ambient.volume": "volume loudness",
        }
    ),
    "a background sound": _Words(
        {
            "sound": "source file clip name path url audio play",
            "volume": "loudness gain level",
            "fade_in": "fade fadein",
            "fade_out": "fadeout",
        }
    ),
    "speech": _Words(
        {
            "strip": "filter remove clean text_transforms tts_text_transforms skip ignore",
            "gap": "pause delay min_consecutive_speech_delay pauses silence",
            "aligned_transcript": "aligned use_tts_aligned_transcript subtitles captions",
            "expressive": "lively",
            "expressive.instructions": "emotion emotions emotional style mood tone",
            "expressive.pace": "pace tempo",
            "expressive.fillers": "fillers disfluencies filler_words um",
            "expressive.sounds": "sounds nonverbal_sounds laugh laughter",
            "how words are pronounced stands in the agent's pronunciations:": (
                "pronunciations pronunciation"
            ),
            _PROVIDER: "speed rate voice volume pitch stability",
        }
    ),
    "while_thinking": _Words(
        {
            "after": "delay wait timeout min_delay",
            "say": "message words text phrases filler fillers speak",
        }
    ),
    "expressive": _Words(
        {
            "fillers": "disfluencies filler_words um filler",
            "sounds": "nonverbal_sounds laugh laughter laughing sound",
            "pace": "speed tempo rate speaking_rate",
            "instructions": "style prompt tone mood emotion emotions tts_instructions_append",
        }
    ),
    "turn_taking": _Words(
        {
            "detection": "turn_detection mode how model",
            "min_delay": "delay min_endpointing_delay endpointing wait silence",
            "max_delay": "max_endpointing_delay",
            "interruptions": "interruption allow_interruptions barge_in interrupt",
            "while_thinking": "filler fillers filler_words thinking on_thinking while_waiting"
            " thinking_message thinking_words",
        }
    ),
}
"""Noun of a block → folded word → the key that was meant, or what to do."""

TRANSLATED: Mapping[str, str] = _Words(
    {
        "agents": "agenten agentes agenti agenci tacnhan",
        "personas": "personen rollen personnages personnes personajes vaitro nhanvat",
        "tools": "werkzeuge outils herramientas strumenti ferramentas congcu hulpmiddelen",
        "providers": "anbieter fournisseurs proveedores fornitori fornecedores nhacungcap",
        "services": "dienste servicios servizi dichvu",
        "instructions": "anweisung anweisungen instruktionen anleitung consigne consignes"
        " instrucciones istruzioni instrucoes huongdan chidan chithi aanwijzingen",
        "greeting": "begruessung begrussung gruss ansage accueil salutation bienvenue saludo"
        " bienvenida saluto saudacao loichao begroeting",
        "say": "sage sagen sag sprich dire dis di decir diga noi zeg",
        "tts": "stimme voix voz voce giong giongnoi stem",
        "llm": "modell modele modelo modello mohinh",
        "language": "sprache langue idioma lingua ngonngu taal",
        "description": "beschreibung descripcion descrizione descricao mota omschrijving",
        "handoffs": "weiterleitung weiterleitungen uebergabe uebergaben ubergabe transferts"
        " transferencias chuyen chuyentiep",
        "when": "wenn wann quand cuando quando khi khinao wanneer",
        "then": "dann danach alors ensuite entonces luego poi sauddo dan",
        "url": "adresse direccion indirizzo endereco diachi adres",
        "variables": "variablen variabili bien bienso variabelen",
        "timezone": "zeitzone fuseauhoraire zonahoraria muigio tijdzone",
        "start": "beginn anfang debut inicio inizio batdau",
        "end_call": "auflegen raccrocher colgar ketthuc ophangen",
        "type": "typ tipo loai",
        "choices": "auswahl choix opciones scelte luachon keuzes",
        "optional": "freiwillig facultatif opcional facoltativo tuychon",
        "result": "ergebnis resultat resultado risultato ketqua",
        "method": "methode metodo phuongthuc",
        "parameters": "parametres parametros parametri thamso",
        "after": "nach apres despues dopo sau",
        "times": "mal fois veces volte lan",
        "default": "defaut predeterminado macdinh",
        "knowledge": "wissen connaissances conocimiento conhecimento conoscenza kienthuc kennis",
        "campaigns": "kampagnen campagnes campanas campagne campanhas chiendich",
        "memory": "gedaechtnis gedachtnis erinnerung memoire memoria bonho geheugen",
        "phone": "telefon telephone telefono telefone dienthoai telefoon",
        "hours": "oeffnungszeiten offnungszeiten horaires horario orari horarios giomocua",
        "runner": "einstellungen reglages ajustes impostazioni configuracoes caidat instellingen",
    }
)
"""Folded word of another tongue → the key in English."""
