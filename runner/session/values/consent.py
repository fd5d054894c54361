"""Whether a caller has said yes or no: by their words alone, no model is asked."""

# ruff: noqa: RUF001 - words of many languages, each in its own letters

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, Literal

Class = Literal["yes", "no", "unsure", "polite"]

_ENGLISH: Final = "en"

_WORDS: Final[dict[str, dict[Class, str]]] = {
    "ar": {
        "yes": "نعم|أجل|ايوه|أيوه|أكيد|تمام|موافق|حسنا|طبعا|صحيح",
        "no": "لا|كلا|ليس|أبدا",
        "polite": "شكرا|من فضلك|لو سمحت",
    },
    "cs": {
        "yes": "ano|jo|jasně|dobře|souhlasím|určitě|přesně|správně|jistě|v pořádku",
        "no": "ne|nikdy|nechci|rozhodně ne",
        "polite": "prosím|děkuji|díky|moc|to|je",
    },
    "da": {
        "yes": "ja|jo|jep|selvfølgelig|gerne|det er rigtigt|netop|okay|fint|helt sikkert",
        "no": "nej|ikke|aldrig",
        "polite": "tak|venligst|det|er|meget",
    },
    "de": {
        "yes": "ja|jo|jap|jep|jawohl|genau|richtig|stimmt|das stimmt|gern|gerne|klar|sicher"
        "|natürlich|selbstverständlich|in ordnung|passt|das passt|einverstanden|auf jeden fall"
        "|bestimmt|unbedingt|perfekt|gut|super|korrekt|freilich|machen sie das|mach das|mach mal"
        "|tun sie das|kein problem|warum nicht|ich bestätige|bestätigt|so ist es",
        "no": "nein|nee|nö|nicht|niemals|nie|keinesfalls|auf keinen fall|auf gar keinen fall",
        "unsure": "aber|doch|oder|vielleicht|warten|warte|weiß nicht|weiß ich nicht|nicht sicher"
        "|verstehe nicht|verstehe ich nicht|keine ahnung",
        "polite": "bitte|danke|vielen|dank|schön|sehr|das|ist|es|so|dann|mal|ich|will|möchte|wäre"
        "|nett|äh|ähm|hm|oh|ach|na|also|alles|und|mir|mich|sie|ihnen|mach|machen|tun",
    },
    "el": {
        "yes": "ναι|βεβαίως|σωστά|εντάξει|φυσικά|συμφωνώ|ακριβώς",
        "no": "όχι|δεν|μην|ποτέ",
        "polite": "παρακαλώ|ευχαριστώ|πολύ",
    },
    "en": {
        "yes": "yes|yeah|yep|yup|yea|ya|aye|sure|sure thing|ok|okay|right|correct|absolutely"
        "|definitely|certainly|affirmative|of course|go ahead|go on|do it|do that|do so|please do"
        "|i do|go for it|sounds good|sounds great|fine|perfect|great|good|exactly|indeed|agreed"
        "|i agree|confirm|confirmed|i confirm|why not|no problem|not a problem|no worries|no doubt"
        "|by all means|all right|alright|you may|you can|that works|works for me|uh huh|mhm|mmhmm"
        "|yes please|please|thats it|carry on|let us do it|lets do it|lets do that",
        "no": "no|nope|nah|not|dont|never|negative|no way|no thanks|do not|i would rather not"
        "|id rather not|wont|cant|isnt|wasnt",
        "unsure": "but|wait|or|maybe|perhaps|unless|if|except|instead|unsure|later|hold|i dont know"
        "|dont know|not sure|i dont understand|dont understand|no idea",
        "polite": "thanks|thank|you|very|much|so|um|uh|er|erm|hm|hmm|mm|oh|ah|well|then|that|thats"
        "|is|it|its|the|this|would|will|be|lovely|nice|wonderful|just|now|and|for|me|do|all|i|id"
        "|im|think|want|like|to|my|a|dear|sir|madam|with|of|we|us|can|could|really|quite|totally"
        "|happy|love|my|friend",
    },
    "es": {
        "yes": "sí|si|claro|vale|de acuerdo|correcto|exacto|por supuesto|adelante|hágalo|hazlo"
        "|está bien|perfecto|bueno|confirmo|así es|cómo no|desde luego|seguro"
        "|es correcto|está correcto|eso es|proceda|confirmado|con mucho gusto|sin problema",
        "no": "no|nunca|tampoco|jamás",
        "unsure": "pero|quizás|tal vez|espere|espera|o"
        "|no sé|no lo sé|no estoy seguro|no estoy segura|un momento|no entiendo",
        "polite": "por favor|gracias|muchas|muy|eso|es|lo|que|me|muchísimas|señor|señora|entonces",
    },
    "fi": {
        "yes": "kyllä|joo|juu|niin|oikein|toki|tietysti|selvä|hyvä|kiitos kyllä|totta kai",
        "no": "ei|en|älä|ei kiitos",
        "polite": "kiitos|on|se",
    },
    "fr": {
        "yes": "oui|ouais|si|daccord|bien sûr|exact|exactement|cest ça|cest bien ça|tout à fait"
        "|parfait|volontiers|allez y|vas y|faites le|fais le|absolument|certainement|correct"
        "|cest bon|cest correct|je confirme|pourquoi pas|entendu|ça marche|pas de problème|ok"
        "|cest exact|cest juste|oui oui|bien entendu|je veux bien|avec plaisir",
        "no": "non|pas|jamais|surtout pas|ne",
        "unsure": "mais|peut être|attendez|attends|ou"
        "|je ne sais pas|je sais pas|je ne suis pas sûr|je ne suis pas sûre|un instant"
        "|je ne comprends pas",
        "polite": "sil vous plaît|sil te plaît|sil vous plait|merci|beaucoup|bien|très|ça|cest|est"
        "|je|le|la|veux|voudrais|madame|monsieur|euh|ah|oh|alors",
    },
    "hi": {
        "yes": "हाँ|हां|जी|जी हाँ|ठीक है|सही|बिल्कुल|ज़रूर|haan|ji|theek hai|bilkul",
        "no": "नहीं|मत|ना|nahin|nahi|mat",
        "polite": "धन्यवाद|कृपया|शुक्रिया",
    },
    "hu": {
        "yes": "igen|jó|rendben|persze|helyes|pontosan|természetesen|oké",
        "no": "nem|ne|soha",
        "polite": "köszönöm|kérem|szépen",
    },
    "id": {
        "yes": "ya|iya|betul|benar|setuju|boleh|tentu|silakan|baik|oke",
        "no": "tidak|bukan|jangan|enggak|nggak",
        "polite": "terima|kasih|tolong|saja",
    },
    "it": {
        "yes": "sì|si|certo|va bene|daccordo|esatto|giusto|corretto|certamente|perfetto|faccia pure"
        "|fallo|confermo|ok|volentieri|esattamente|perché no"
        "|è corretto|è giusto|va benissimo|proceda|procedi|nessun problema|certo che sì",
        "no": "no|non|mai|niente affatto",
        "unsure": "ma|forse|aspetti|aspetta|o"
        "|però|non so|non lo so|non sono sicuro|non sono sicura|un momento|un attimo|non capisco",
        "polite": "grazie|per favore|prego|molto|mille|è|questo|così|allora|signora|signore",
    },
    "ja": {
        "yes": "はい|ええ|うん|お願いします|お願い|そうです|大丈夫です|いいです|了解|わかりました"
        "|もちろん|オーケー|正しい|正しいです"
        "|合っています|合ってます|その通りです|間違いありません|よろしいです|問題ありません"
        "|結構ですよ|是非|ぜひ|いいですよ|構いません",
        "no": "いいえ|いえ|いや|違います|違う|やめて|だめ|結構です",
        "polite": "それで|どうぞ|ありがとう|ございます|ね|よ|です|が"
        "|はいはい|それ|を|に|お|ください",
        "unsure": "でも|たぶん|多分|待って|待ってください|ちょっと待って|わかりません"
        "|分かりません|もしくは|しかし",
    },
    "ko": {
        "yes": "네|예|응|맞아요|맞습니다|좋아요|좋습니다|그래요|부탁합니다|물론|물론이죠",
        "no": "아니요|아니|아뇨|싫어요|하지 마세요",
        "polite": "감사합니다|고맙습니다|주세요",
    },
    "nl": {
        "yes": "ja|jazeker|zeker|klopt|dat klopt|goed|prima|akkoord|graag|precies|natuurlijk|juist"
        "|uiteraard|inderdaad|doe maar|in orde|oké|geen probleem|is goed|dat is goed"
        "|ja hoor|doe dat maar|is prima|helemaal goed|dat is juist|bevestigd|ga uw gang"
        "|met plezier",
        "no": "nee|niet|nooit|geen|liever niet",
        "unsure": "maar|misschien|wacht|of"
        "|weet ik niet|ik weet het niet|niet zeker|ogenblik|moment|begrijp ik niet",
        "polite": "alstublieft|alsjeblieft|bedankt|dank|u|je|wel|dat|is|het|hoor|heel",
    },
    "no": {
        "yes": "ja|jo|jepp|selvfølgelig|gjerne|det stemmer|riktig|okei|greit|absolutt",
        "no": "nei|ikke|aldri",
        "polite": "takk|det|er|veldig",
    },
    "pl": {
        "yes": "tak|zgadza się|dobrze|oczywiście|jasne|zgoda|pewnie|dokładnie|potwierdzam|właśnie"
        "|tak jest|poproszę|w porządku|jak najbardziej|zgadzam się|potwierdzone|chętnie"
        "|bez problemu|owszem",
        "no": "nie|nigdy",
        "polite": "proszę|dziękuję|dzięki|bardzo|to|jest|i|pani|panu|serdecznie",
        "unsure": "ale|może|chyba|chwila|chwileczkę|nie wiem|nie jestem pewien|nie jestem pewna"
        "|nie rozumiem|zaraz",
    },
    "pt": {
        "yes": "sim|claro|certo|está bem|tá bom|tudo bem|isso|isso mesmo|exato|correto|com certeza"
        "|pode ser|pode|confirmo|perfeito|de acordo|ok|beleza"
        "|está certo|está correto|tudo certo|confirmado|pode sim|sem problema|com todo o gosto"
        "|isso aí|pode fazer",
        "no": "não|nunca|nem",
        "unsure": "mas|talvez|espere|espera|ou"
        "|porém|não sei|não tenho certeza|não tenho a certeza|um momento|não percebo|não entendi",
        "polite": "por favor|obrigado|obrigada|muito|é|senhor|senhora|então",
    },
    "ro": {
        "yes": "da|desigur|sigur|corect|exact|bine|de acord|în regulă|bineînțeles",
        "no": "nu|niciodată",
        "polite": "vă rog|te rog|mulțumesc|mersi|este|e",
    },
    "ru": {
        "yes": "да|ага|конечно|хорошо|верно|правильно|согласен|согласна|точно|ладно|давайте|окей"
        "|подтверждаю",
        "no": "нет|не|никогда|ни в коем случае",
        "polite": "пожалуйста|спасибо|большое|это|так",
    },
    "sv": {
        "yes": "ja|jo|jajamän|visst|absolut|gärna|stämmer|det stämmer|precis|okej|bra|självklart",
        "no": "nej|inte|aldrig",
        "polite": "tack|snälla|det|är|så|mycket",
    },
    "tr": {
        "yes": "evet|tamam|olur|doğru|tabii|elbette|kesinlikle|onaylıyorum|peki"
        "|evet doğru|aynen|aynen öyle|tabii ki|uygun|kabul|memnuniyetle|sorun değil|onaylandı"
        "|lütfen yapın|iyi|güzel|tamamdır|doğrudur",
        "no": "hayır|yok|olmaz|asla|değil|istemiyorum|hayır hayır",
        "polite": "lütfen|teşekkürler|teşekkür|ederim|çok|sağ|ol|olun|bu|efendim",
        "unsure": "ama|fakat|belki|bekle|bekleyin|bir dakika|bilmiyorum|emin değilim|anlamadım"
        "|veya|ya da",
    },
    "uk": {
        "yes": "так|звичайно|добре|згоден|згодна|правильно|вірно|авжеж|гаразд|підтверджую",
        "no": "ні|не|ніколи",
        "polite": "будь ласка|дякую|це|дуже",
    },
    "vi": {
        "yes": "vâng|dạ|ừ|ừm|có|đúng|đúng rồi|được|được rồi|phải|đồng ý|ok|chắc chắn|tất nhiên"
        "|xác nhận|dạ vâng|dạ đúng"
        "|vâng ạ|đúng vậy|chính xác|được ạ|dạ được|nhất trí|không vấn đề gì|ừ đúng",
        "no": "không|đừng|chưa|không phải|dạ không|thôi",
        "unsure": "nhưng|hay|hoặc|để xem|chờ"
        "|không biết|chưa biết|không chắc|chưa chắc|đợi|chờ chút|có lẽ|không hiểu|mà",
        "polite": "cảm|ơn|xin|ạ|nhé|nha|em|anh|chị|cho|tôi|đi|rất",
    },
    "zh": {
        "yes": "是|是的|对|对的|好|好的|可以|行|没问题|当然|同意|确认|嗯|沒問題|對|對的|當然|確認"
        "|没错|正确|可以的|不错|麻烦您|好吧|是啊|對啊|没有问题|確定|确定|嗯嗯|没关系",
        "no": "不|不是|不要|不行|不用|没有|别|沒有|別|否|不对|错|错了|不對",
        "unsure": "但是|可是|等等|等一下|或者|不知道|不确定|不清楚|但|也许|可能|等一等|听不懂",
        "polite": "请|谢谢|您|你|了|吧|啊|請|謝謝|的|呢",
    },
}
"""Language → words and phrases of it, parted by `|`. What is both yes and no somewhere is neither
where the language is not known."""

_ALONE: Final = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
"""A sign of a script that is written without spaces, or nearly so: each is a word here."""
_WORD: Final = re.compile(rf"{_ALONE}|[^\W_]+?(?={_ALONE}|\W|_|$)")
_APOSTROPHES: Final = re.compile(r"['’ʼ`´]")


def consent(answer: str, question: str = "", language: str = "") -> bool | None:
    """Read an answer to a question that is answered by yes or no.

    A yes is one only where nothing else was said: what is neither a yes nor polite must have stood
    in the question. `Yes, but on Friday` is none, nor is what cannot be understood.

    Args:
        answer: what the caller said.
        question: what they were asked.
        language: what is spoken, such as `de` or `pt-BR`; nothing where it is not known.

    Returns:
        True for a yes, False for a no, None where it is neither.
    """
    phrases = _phrases(language.partition("-")[0].partition("_")[0].casefold())
    of_question, kinds = set(_tokens(question)), set[str]()
    for words, kind in _parted(_tokens(answer), phrases):
        kinds.add(kind or ("said" if set(words) <= of_question else "other"))
    if "no" in kinds:
        return None if "yes" in kinds else False
    return True if "yes" in kinds and not kinds & {"unsure", "other"} else None


def _tokens(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return tuple(_WORD.findall(_APOSTROPHES.sub("", plain)))


Phrases = dict[tuple[str, ...], str]


@cache
def _phrases(language: str) -> Phrases:
    """Phrase → its class: those of a language and of English; of all where it is not known."""
    chosen: Iterable[str] = {language, _ENGLISH} if language in _WORDS else _WORDS
    kinds_of: dict[tuple[str, ...], set[str]] = {}
    for tag in chosen:
        for kind, words in _WORDS[tag].items():
            for phrase in words.split("|"):
                kinds_of.setdefault(_tokens(phrase), set()).add(kind)
    return {phrase: _one(kinds) for phrase, kinds in kinds_of.items()}


def _one(kinds: set[str]) -> str:
    """The class of a phrase that languages disagree about: the most careful one."""
    careful = ("unsure", "no", "polite", "yes")
    return "unsure" if kinds >= {"yes", "no"} else next(kind for kind in careful if kind in kinds)


def _parted(tokens: tuple[str, ...], phrases: Phrases) -> Iterator[tuple[tuple[str, ...], str]]:
    """The phrases of an answer, the longest first; an unknown word has no class."""
    longest, place = max(map(len, phrases)), 0
    while place < len(tokens):
        for size in range(min(longest, len(tokens) - place), 0, -1):
            words = tokens[place : place + size]
            if words in phrases or size == 1:
                yield words, phrases.get(words, "")
                break
        place += size
