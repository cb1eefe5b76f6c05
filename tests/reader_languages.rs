//! Files in other languages: what is not read is counted, never taken for a file that says nothing.

use deploy_rhythm::governance::load::{Memory, Reason, load};
use deploy_rhythm::governance::reading::{self, Reading};

fn read(text: &str) -> Reading {
    reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[]))
}

/// What is said of a file's language.
fn unread(text: &str) -> Vec<(Option<usize>, String)> {
    let reading = read(text);
    let unseen = reading.files.iter().flat_map(|file| &file.unseen).filter(|unseen| unseen.why == Reason::Language);
    unseen.map(|unseen| (unseen.line, unseen.what.clone())).collect()
}

#[test]
fn every_passage_in_another_script_is_counted() {
    let texts = [
        "# 规则\n\n- 提交前运行 `npm test`\n- 使用 Conventional Commits 规范\n- 每天最多部署三次\n",
        "# 規則\n\n- コミット前に lint と test を実行すること\n- main へ直接 push しない\n- リリースは tag から\n",
        "# 규칙\n\n- 커밋 전에 `npm test` 실행\n- main 브랜치에 직접 push 금지\n- 하루에 배포는 세 번까지\n",
        "# Правила\n\n- Не отправляйте прямо в main\n- Перед коммитом запустите `make test`\n- Не более трёх выкладок в день\n",
        "# القواعد\n\n- لا تدفع مباشرة إلى main\n- شغل `make test` قبل الإيداع\n- ثلاث عمليات نشر في اليوم\n",
        "# नियम\n\n- सीधे main पर push न करें\n- कमिट से पहले `make test` चलाएँ\n- दिन में तीन बार तैनाती\n",
        "# กฎ\n\n- ห้าม push ไปที่ main โดยตรง\n- รัน `make test` ก่อน commit\n- นำขึ้นระบบวันละสามครั้ง\n",
        "# Κανόνες\n\n- Μην στέλνετε απευθείας στο main\n- Εκτελέστε `make test` πριν\n- Τρεις αναπτύξεις την ημέρα\n",
        "# כללים\n\n- אין לדחוף ישירות ל main\n- הריצו `make test` לפני\n- שלוש פריסות ביום\n",
    ];
    for text in texts {
        // What is a convention by its English name is read in any language.
        let read = read(text).directives.len();
        assert!(read <= 1, "{text}");
        assert_eq!(unread(text), [(Some(1), format!("{} of 4 passages", 4 - read))], "{text}");
    }
}

#[test]
fn a_file_in_another_language_of_latin_letters_is_named() {
    let texts = [
        "# Regeln\n\n- Vor jedem Commit die Tests ausführen\n- Nie direkt auf den Hauptzweig pushen\n- Höchstens drei Auslieferungen am Tag\n",
        "# Reglas\n\n- Ejecutar las pruebas antes de cada commit\n- No hacer push directo a la rama principal\n- Máximo tres despliegues por día\n",
        "# Règles\n\n- Lancer les tests avant chaque commit\n- Ne jamais pousser sur la branche principale\n- Trois déploiements par jour au plus\n",
        "# Regras\n\n- Rodar os testes antes de cada commit\n- Não fazer push direto para a branch principal\n- No máximo três deploys por dia\n",
        "# Regole\n\n- Eseguire i test prima di ogni commit\n- Non fare push diretto sul ramo principale\n- Massimo tre rilasci al giorno\n",
        "# Quy tắc\n\n- Chạy kiểm thử trước khi commit\n- Không push trực tiếp lên nhánh chính\n- Tối đa ba lần triển khai mỗi ngày\n",
        "# Zasady\n\n- Uruchom testy przed każdym commitem\n- Nie wypychaj zmian prosto na główną gałąź\n- Najwyżej trzy wdrożenia na dzień\n",
        "# Kurallar\n\n- Her commit öncesi testleri çalıştır\n- Ana dala doğrudan push yapma\n- Günde en fazla üç dağıtım yapılır\n",
    ];
    for text in texts {
        let told = unread(text);
        assert_eq!(told.len(), 1, "{text}{told:?}");
    }
}

#[test]
fn english_with_foreign_names_stays_english() {
    let text = "# Rules\n\n- Use the type `新功能` for features, and never push to main.\n- Ask José or 田中 before you deploy.\n- Commit messages are in English (英語).\n";
    assert_eq!(unread(text), []);
    let kinds: Vec<_> = read(text).directives.iter().map(|found| found.kind.name()).collect();
    assert_eq!(kinds, ["direct-push", "approval-before", "commit-format"]);
}
